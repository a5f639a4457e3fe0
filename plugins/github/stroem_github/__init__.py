"""Pushes from GitHub, and commit statuses beside its commits."""

from collections.abc import Sequence

from stroem.hookspecs import hookimpl
from stroem.interfaces.event_sink import EventSink
from stroem.interfaces.push_hook import PushHook


@hookimpl
def stroem_push_hooks() -> Sequence[type[PushHook]]:
    from stroem_github.push_hook import GithubPushHook  # loaded only by servers

    return [GithubPushHook]


@hookimpl
def stroem_event_sinks() -> Sequence[type[EventSink]]:
    from stroem_github.event_sink import GithubSink  # loaded only by servers

    return [GithubSink]
