"""Interface of event sinks, such as a git host that shows commit statuses."""

from typing import ClassVar, Protocol

from stroem.records.event import Event


class EventSink(Protocol):
    """A receiver of events.

    An attrs class; its fields are the options beside `type:` under `event_sinks:`, in the server's settings for all
    workspaces or in those of one workspace.
    """

    name: ClassVar[str]

    def wants(self, event: Event) -> bool:
        """True if the event is to be delivered. Must be cheap."""
        ...

    async def deliver(self, event: Event) -> None:
        """Delivers one event.

        Called again for the same `event.id` after a failure or a crash; a few calls per sink run concurrently.
        Raises `DeliveryFailed` to be called again later, `DeliveryRefused` to give the event up.
        """
        ...

    async def close(self) -> None:
        """Closes connections; called when the server stops or the sink's settings change."""
        ...


class DeliveryFailed(Exception):
    """The event could not be delivered now. The message gives the reason, without credentials."""


class DeliveryRefused(Exception):
    """The event will never be accepted, as with a wrong token. The message gives the remedy, without credentials."""
