"""Pushes from Bitbucket Cloud and Data Center."""

from collections.abc import Sequence

from stroem.hookspecs import hookimpl
from stroem.interfaces.push_hook import PushHook


@hookimpl
def stroem_push_hooks() -> Sequence[type[PushHook]]:
    from stroem_bitbucket.push_hook import BitbucketPushHook  # loaded only by servers

    return [BitbucketPushHook]
