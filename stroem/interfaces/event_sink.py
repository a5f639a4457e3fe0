"""Interface of event sinks, such as a git host that shows commit statuses."""

from collections.abc import Sequence
from typing import ClassVar, Protocol, runtime_checkable

from stroem.records.audit_row import AuditRow
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


@runtime_checkable
class AuditSink(Protocol):
    """Optional interface of an event sink that also receives audit rows. Only sinks of all workspaces get them."""

    def wants_audit(self) -> bool:
        """True if the sealed rows of the audit log are to be delivered, from its first start on."""
        ...

    async def deliver_audit(self, rows: Sequence[AuditRow]) -> None:
        """Delivers rows, in the order of their ids.

        Called again with the same rows after a failure or a crash, until it succeeds: no row is left out.
        """
        ...


class DeliveryFailed(Exception):
    """The event could not be delivered now. The message gives the reason, without credentials."""


class DeliveryRefused(Exception):
    """The event will never be accepted, as with a wrong token. The message gives the remedy, without credentials."""
