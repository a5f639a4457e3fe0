"""What is told of events, like a git host that shows a status beside a commit."""

from typing import ClassVar, Protocol

from stroem.records.event import Event


class EventSink(Protocol):
    """A receiver of events. An attrs class; its fields are what the operator sets beside `type:` under
    `event_sinks:`, for all workspaces in the server's settings or for one in its own.
    """

    name: ClassVar[str]

    def wants(self, event: Event) -> bool:
        """Whether such an event is to be delivered. Must be cheap."""
        ...

    async def deliver(self, event: Event) -> None:
        """Delivers one event. Called once or, after a failure or a crash, several times for the same `event.id`;
        at most a few at once for one sink.

        Raises `DeliveryFailed` when it is worth another try, `DeliveryRefused` when it is not.
        """
        ...

    async def close(self) -> None:
        """Lets go of connections; called when the server stops or the sink's settings change."""
        ...


class DeliveryFailed(Exception):
    """The event could not be delivered now. The message says why; it holds no credentials."""


class DeliveryRefused(Exception):
    """The event will never be accepted, as with a wrong token. The message says what to do; no credentials."""
