"""Pushes from GitLab, and commit statuses beside its commits."""

from collections.abc import Sequence

from stroem.hookspecs import hookimpl
from stroem.interfaces.event_sink import EventSink
from stroem.interfaces.push_hook import PushHook


@hookimpl
def stroem_push_hooks() -> Sequence[type[PushHook]]:
    from stroem_gitlab.push_hook import GitlabPushHook  # loaded only by servers

    return [GitlabPushHook]


@hookimpl
def stroem_event_sinks() -> Sequence[type[EventSink]]:
    from stroem_gitlab.event_sink import GitlabSink  # loaded only by servers

    return [GitlabSink]
