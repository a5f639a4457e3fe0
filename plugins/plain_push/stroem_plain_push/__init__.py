"""Pushes announced by a script, a git hook or a pipeline."""

from collections.abc import Sequence

from stroem.hookspecs import hookimpl
from stroem.interfaces.push_hook import PushHook


@hookimpl
def stroem_push_hooks() -> Sequence[type[PushHook]]:
    from stroem_plain_push.push_hook import PlainPushHook  # loaded only by servers

    return [PlainPushHook]
