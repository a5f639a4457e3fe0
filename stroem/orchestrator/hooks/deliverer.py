"""Deliverer: what becomes of a request to a hook."""

import contextlib
import datetime
import uuid
from collections.abc import Awaitable, Callable

import attrs

from stroem.conversion.json_value import NotKept, encode
from stroem.definitions.limit import parse_rate
from stroem.errors import Conflict, StroemError
from stroem.interfaces.triggers.http_trigger import (
    Delivery,
    HookRefused,
    HookReply,
    HookRequest,
    HttpTrigger,
    Verdict,
)
from stroem.interfaces.triggers.trigger_type import Fire
from stroem.orchestrator.hooks.delivery_fires import sealed_fire
from stroem.orchestrator.hooks.delivery_log import DeliveryLog, new_delivery
from stroem.orchestrator.hooks.fire_batches import Finished, FireBatches
from stroem.orchestrator.hooks.keys import DeliveryKeys
from stroem.orchestrator.hooks.request_files import RequestFiles
from stroem.orchestrator.secrets.sealed_values import SealedValues
from stroem.orchestrator.triggers.fire_request import Fired, FireRequest
from stroem.orchestrator.triggers.live_triggers import LiveTrigger
from stroem.store.artifacts.request_files import FilesOfJob
from stroem.store.database import Database
from stroem.store.hooks.deliveries import NewDelivery
from stroem.store.rates import take_of_rate
from stroem.store.triggers import fires

REPEAT = datetime.timedelta(hours=24)
"""Time for which a second request with an id starts no job."""
STORED_BYTES = 256 * 1024
"""Most bytes of a request that are stored for a redelivery."""
_MOST_REPEATS = 50


class _RepeatedLate(Exception):
    """The earlier request with the id is too old to count."""


Refresh = Callable[[LiveTrigger], Awaitable[LiveTrigger | None]]
"""Polls the source of a trigger's workspace; returns the trigger as it is then."""


@attrs.frozen(kw_only=True)
class Delivered:
    """The outcome of a request. `fire` is the fire of one that was read; a reply ends a handshake.

    `retry_after` are the seconds after which the rate has room again.
    """

    live: LiveTrigger
    verdict: Verdict
    job_id: uuid.UUID | None = None
    reason: str | None = None
    fire: Fire | None = None
    reply: HookReply | None = None
    refused: HookRefused | None = None
    retry_after: int | None = None


class HookDeliverer:
    """Authenticates requests to hooks, fires them and records them.

    A request is acknowledged only when its job is in the database. One with the id of an earlier one, of the last 24
    hours, has the job of that.
    """

    def __init__(
        self,
        database: Database,
        batches: FireBatches,
        log: DeliveryLog,
        keys: DeliveryKeys,
        files: RequestFiles,
        refresh: Refresh,
        rows: SealedValues,
    ) -> None:
        self._rows = rows
        self._database = database
        self._batches = batches
        self._log = log
        self._keys = keys
        self._files = files
        self._refresh = refresh

    async def refuse(self, live: LiveTrigger, request: HookRequest, refused: HookRefused) -> Delivered:
        """Records a request that is not authentic."""
        await self._log.record(live, request, "refused", str(refused))
        return Delivered(live=live, verdict="refused", reason=str(refused), refused=refused)

    async def deliver(self, live: LiveTrigger, request: HookRequest) -> Delivered:
        """Delivers a request. Raises Unavailable, and what a plugin raises."""
        hook = hook_of(live)
        try:
            await hook.authenticate(request)
            wait_secs = await self._take_of_rate(live, hook)
            if wait_secs is not None:
                reason = f"more than {hook.rate}"
                await self._log.record(live, request, "rate_limited", reason)
                return Delivered(live=live, verdict="rate_limited", reason=reason, retry_after=wait_secs)
            read = hook.parse(request)
        except HookRefused as error:
            return await self.refuse(live, request, error)
        if isinstance(read, HookReply):
            await self._log.record(live, request, "answered", read.reason)
            return Delivered(live=live, verdict="answered", reason=read.reason, reply=read)
        if live.trigger.force_refresh:
            live = await self._refresh(live) or live
        return await self._fire(live, request, read)

    async def _take_of_rate(self, live: LiveTrigger, hook: HttpTrigger) -> int | None:
        rate = None if hook.rate is None else parse_rate(hook.rate)
        if rate is None:
            return None
        async with self._database.read() as connection:
            return await take_of_rate(connection, live.workspace, live.name, rate)

    async def _fire(self, live: LiveTrigger, request: HookRequest, read: Delivery) -> Delivered:
        record = new_delivery(live, request, "failed")
        try:
            delivery = await self._keys.keyed(read, hook_of(live).dedup_key)
            stored = encode({"context": delivery.fire.context})
            files = await self._files.store(delivery.files)
        except (StroemError, NotKept) as error:
            await self._log.record(live, request, "failed", str(error))
            return Delivered(live=live, verdict="failed", reason=str(error))
        record = attrs.evolve(
            record,
            key=delivery.fire.key if delivery.is_keyed else None,
            fire=sealed_fire(self._rows, record, stored) if len(stored) <= STORED_BYTES and not files else None,
        )
        wanted = FireRequest(workspace=live.workspace, trigger=live.name, fire=delivery.fire)
        of_job = FilesOfJob(workspace=live.workspace, task=live.trigger.target, files=files) if files else None
        fired = await self.fire(wanted, record, of_job)
        return Delivered(live=live, verdict=fired.verdict, job_id=fired.job_id, reason=fired.reason, fire=delivery.fire)

    async def fire(self, wanted: FireRequest, record: NewDelivery, files: FilesOfJob | None = None) -> Fired:
        """Fires and records. A key whose fire is older than 24 hours counts as new. Raises Unavailable."""

        def finish(fired: Fired) -> Finished:
            if fired.first_at is not None and record.at - fired.first_at >= REPEAT:
                raise _RepeatedLate
            has_request = fired.verdict in ("started", "filtered", "failed")
            written = attrs.evolve(
                record,
                verdict=fired.verdict,
                reason=fired.reason,
                job_id=fired.job_id,
                fire=record.fire if has_request else None,
            )
            starts = fired.verdict == "started" and fired.job_id is not None
            return Finished(written, attrs.evolve(files, job_id=fired.job_id) if files and starts else None)

        for _ in range(_MOST_REPEATS):
            with contextlib.suppress(_RepeatedLate):
                fired = await self._batches.fire(wanted, finish)
                self._log.count(fired.verdict)
                return fired
            earlier = await self._earlier(wanted)
            if earlier is not None:
                wanted = attrs.evolve(wanted, fire=attrs.evolve(wanted.fire, key=f"{record.key}#{earlier.id}"))
        raise Conflict(message=f"The id {record.key!r} has come too often")

    async def _earlier(self, wanted: FireRequest) -> fires.FireRow | None:
        """The earlier fire with this key."""
        async with self._database.read() as connection:
            found = await fires.find(connection, wanted.workspace, wanted.trigger, [wanted.fire.key])
        return found.get(wanted.fire.key)


def hook_of(live: LiveTrigger) -> HttpTrigger:
    """The options of a trigger that answers requests."""
    assert isinstance(live.options, HttpTrigger)
    return live.options
