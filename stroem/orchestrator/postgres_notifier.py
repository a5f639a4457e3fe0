"""Notifications between the servers of one database, by PostgreSQL's NOTIFY."""

import asyncio
import logging
import uuid
from collections import Counter

import orjson

from stroem.orchestrator.notifier import Notification, Notifier, wait_for
from stroem.store import servers
from stroem.store.batch_isolation import level_of
from stroem.store.database import Database
from stroem.store.jobs.needs import need_of

_CHANNEL = "stroem_news"
_HEARTBEAT_SECS = 10.0
_WATCHED_SECS = 3 * _HEARTBEAT_SECS
_PAYLOAD_BYTES = 7000
_RETRY_SECS = 1.0
_log = logging.getLogger(__name__)


class PostgresNotifier:
    """Forwards published notifications to the other servers, and theirs to this server's notifier.

    NOTIFY locks the whole database: it is used only while other servers are up, once per batch of notifications,
    never inside a transaction that does anything else.
    """

    def __init__(self, database: Database, notifier: Notifier) -> None:
        self._database = database
        self._notifier = notifier
        self._id = uuid.uuid4()
        self._others = 0
        self._watched: dict[str, float] = {}
        """Other servers with watchers of all changes, and until when that holds, by the clock of the event loop."""
        self._batch: list[Notification] = []
        self._batch_ready = asyncio.Event()
        notifier.on_publish(self._add)

    async def run(self) -> None:
        """Listens, sends, and registers this server, until cancelled."""
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._listen())
                group.create_task(self._send())
                group.create_task(self._stay_registered())
        finally:
            await self._unregister()

    def _add(self, notification: Notification) -> None:
        if self._others and (notification.is_shared or (notification.claimed and self._has_watched_others)):
            self._batch.append(notification)
            self._batch_ready.set()

    @property
    def _has_watched_others(self) -> bool:
        now = asyncio.get_running_loop().time()
        return any(until > now for until in self._watched.values())

    async def _stay_registered(self) -> None:
        while True:
            try:
                async with self._database.read() as connection:
                    self._others = await servers.see_replica(connection, self._id)
                    if self._others:
                        hello = {"from": str(self._id), "watched": self._notifier.is_watched}
                        await servers.notify(connection, _CHANNEL, orjson.dumps(hello).decode())
            except Exception as error:
                _log.log(level_of(error), "this server could not be registered; trying again", exc_info=error)
            await wait_for(self._notifier.live_changed, _HEARTBEAT_SECS)

    async def _unregister(self) -> None:
        try:
            async with self._database.read() as connection:
                await servers.forget_replica(connection, self._id)
        except Exception as error:
            _log.log(level_of(error), "this server could not be unregistered; its entry expires", exc_info=error)

    async def _send(self) -> None:
        while True:
            await self._batch_ready.wait()
            self._batch_ready.clear()
            batch, self._batch = self._batch, []
            payload = _encode(self._id, batch, with_claims=self._has_watched_others)
            try:
                async with self._database.read() as connection:
                    await servers.notify(connection, _CHANNEL, payload)
            except Exception as error:
                message = "notifications to other servers were lost; those servers poll instead"
                _log.log(level_of(error), message, exc_info=error)

    async def _listen(self) -> None:
        while True:
            async for payload in self._database.hear(_CHANNEL):
                if payload is None:  # what came before is lost
                    self._notifier.receive(Notification(is_cut=True))
                else:
                    self._try_to_receive(payload)
            await asyncio.sleep(_RETRY_SECS)

    def _try_to_receive(self, payload: str) -> None:
        """Skips payloads that cannot be read: another version may have sent them."""
        try:
            self._receive(payload)
        except Exception:
            _log.warning("an unreadable notification of another server was skipped", exc_info=True)

    def _receive(self, payload: str) -> None:
        message = orjson.loads(payload)
        if message["from"] == str(self._id):
            return
        self._others = max(self._others, 1)
        if "watched" in message:
            self._note_watched(message["from"], is_watched=message["watched"])
        ready = Counter({need_of(ability, tags): count for ability, tags, count in message.get("ready", ())})
        ready += Counter({need_of(*need): count for *need, count in message.get("ready_sized", ())})
        self._notifier.receive(
            Notification(
                ready=ready,
                jobs=frozenset(map(uuid.UUID, message.get("jobs", ()))),
                cancelled_on=frozenset(map(uuid.UUID, message.get("cancelled_on", ()))),
                workspaces=frozenset(message.get("workspaces", ())),
                events=message.get("events", False),
                workers=frozenset(map(uuid.UUID, message.get("workers", ()))),
                accounts=frozenset(map(uuid.UUID, message.get("accounts", ()))),
                claimed=frozenset(map(uuid.UUID, message.get("claimed", ()))),
                is_cut=message.get("is_cut", False),
            )
        )

    def _note_watched(self, server: str, *, is_watched: bool) -> None:
        self._watched.pop(server, None)
        if is_watched:
            now = asyncio.get_running_loop().time()
            self._watched = {other: until for other, until in self._watched.items() if until > now}
            self._watched[server] = now + _WATCHED_SECS


def _encode(sender: uuid.UUID, batch: list[Notification], *, with_claims: bool) -> str:
    """The payload of a batch. Parts beyond the size limit are left out: receivers poll."""
    ready = sum((one.ready for one in batch), Counter())
    message: dict[str, object] = {
        "from": str(sender),
        "ready": [[need.ability, need.tags, count] for need, count in ready.items() if not need.resources],
        "ready_sized": [[*need[:2], dict(need.resources), count] for need, count in ready.items() if need.resources],
        "cancelled_on": sorted({str(worker) for one in batch for worker in one.cancelled_on}),
        "events": any(one.events for one in batch),
        "workspaces": sorted({name for one in batch for name in one.workspaces}),
        "jobs": sorted({str(job) for one in batch for job in one.jobs}),
        "workers": sorted({str(worker) for one in batch for worker in one.workers}),
        "accounts": sorted({str(account) for one in batch for account in one.accounts}),
    }
    if with_claims:
        message["claimed"] = sorted({str(job) for one in batch for job in one.claimed})
    for part in ("claimed", "workers", "workspaces", "jobs", "ready_sized", "ready", "accounts", "cancelled_on"):
        if part in message and len(orjson.dumps(message)) > _PAYLOAD_BYTES:
            del message[part]
            message["is_cut"] = True
    return orjson.dumps(message).decode()
