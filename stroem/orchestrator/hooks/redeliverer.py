"""Redeliverer of recorded requests."""

import datetime
import uuid
from typing import Any

from stroem.errors import Conflict, NotFound
from stroem.interfaces.triggers.trigger_type import Fire
from stroem.orchestrator.hooks.deliverer import HookDeliverer, hook_of
from stroem.orchestrator.hooks.delivery_fires import opened_fire
from stroem.orchestrator.secrets.sealed_values import SealedValues
from stroem.orchestrator.triggers.fire_request import Fired, FireRequest
from stroem.orchestrator.triggers.live_triggers import LiveTriggers
from stroem.secrets.envelope import CannotOpen
from stroem.store.database import Database
from stroem.store.hooks import deliveries
from stroem.store.hooks.deliveries import NewDelivery


class Redeliverer:
    """Fires recorded requests again, with the trigger as it is now."""

    def __init__(self, database: Database, live: LiveTriggers, deliverer: HookDeliverer, rows: SealedValues) -> None:
        self._rows = rows
        self._database = database
        self._live = live
        self._deliverer = deliverer

    async def redeliver(self, number: int, actor: str) -> Fired:
        """Fires a recorded request again, whatever its id. Raises NotFound, Conflict, Unavailable."""
        async with self._database.read() as connection:
            found = await deliveries.get_delivery(connection, number)
        if found is None:
            raise NotFound(kind="Delivery", name=str(number))
        row, encrypted = found
        try:
            stored = opened_fire(self._rows, row, encrypted)
        except CannotOpen as error:
            raise Conflict(message=f"Delivery {number} cannot be decrypted: {error}") from None
        if not isinstance(stored, dict):
            reason = (
                "it is a duplicate, is too large, has files, or started no job"
                if row.verdict != "refused"
                else "it was refused"
            )
            raise Conflict(message=f"Delivery {number} was not stored: {reason}")
        live = self._live.get(row.workspace, row.trigger)
        if live is None:
            raise Conflict(message=f"Workspace {row.workspace!r} has no trigger {row.trigger!r} any more")
        context: Any = stored["context"]
        key = f"redelivery:{number}:{uuid.uuid4()}"
        inputs = {name: context.get(name) for name in hook_of(live).gives}
        record = NewDelivery(
            workspace=row.workspace,
            trigger=row.trigger,
            at=datetime.datetime.now(datetime.UTC),
            method=row.method,
            remote=row.remote,
            size_bytes=row.size_bytes,
            verdict="failed",
            redelivery_of=number,
            actor=actor,
        )
        fire = Fire(key=key, input=inputs, context=context)
        wanted = FireRequest(workspace=row.workspace, trigger=row.trigger, fire=fire, actor=actor)
        return await self._deliverer.fire(wanted, record)
