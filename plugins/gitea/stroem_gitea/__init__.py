"""Pushes from Gitea and Forgejo, and commit statuses beside their commits."""

from collections.abc import Sequence

from stroem.hookspecs import hookimpl
from stroem.interfaces.event_sink import EventSink
from stroem.interfaces.push_hook import PushHook


@hookimpl
def stroem_push_hooks() -> Sequence[type[PushHook]]:
    from stroem_gitea.push_hook import GiteaPushHook  # loaded only by servers

    return [GiteaPushHook]


@hookimpl
def stroem_event_sinks() -> Sequence[type[EventSink]]:
    from stroem_gitea.event_sink import GiteaSink  # loaded only by servers

    return [GiteaSink]
