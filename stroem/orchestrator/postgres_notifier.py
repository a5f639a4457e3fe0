"""News between the servers of one database."""

import asyncio
import logging
import uuid
from collections import Counter

import orjson

from stroem.orchestrator.notifier import News, Signals
from stroem.store import replicas
from stroem.store.database import Database
from stroem.store.isolation import level_of

_CHANNEL = "stroem_news"
_SEEN_SECS = 10.0
_PAYLOAD_BYTES = 7000
_RETRY_SECS = 1.0
_log = logging.getLogger(__name__)


class Bridge:
    """Tells the other servers what this one has changed, and hears what they have.

    NOTIFY takes a lock on the whole database: it is used only while there are other servers, once for all that
    has gathered, never inside a transaction that does anything else.
    """

    def __init__(self, database: Database, signals: Signals) -> None:
        self._database = database
        self._signals = signals
        self._id = uuid.uuid4()
        self._others = 0
        self._gathered: list[News] = []
        self._waiting = asyncio.Event()
        signals.on_news(self._gather)

    async def run(self) -> None:
        """Hears, tells, and says that this server is up, until it is cancelled."""
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._hear())
                group.create_task(self._tell())
                group.create_task(self._stay_seen())
        finally:
            await self._go_unseen()

    def _gather(self, news: News) -> None:
        if self._others:
            self._gathered.append(news)
            self._waiting.set()

    async def _stay_seen(self) -> None:
        while True:
            try:
                async with self._database.read() as connection:
                    self._others = await replicas.see_replica(connection, self._id)
                    if self._others:
                        await replicas.notify(connection, _CHANNEL, orjson.dumps({"from": str(self._id)}).decode())
            except Exception as error:
                _log.log(level_of(error), "this server could not say that it is up; it tries again", exc_info=error)
            await asyncio.sleep(_SEEN_SECS)

    async def _go_unseen(self) -> None:
        try:
            async with self._database.read() as connection:
                await replicas.forget_replica(connection, self._id)
        except Exception as error:
            _log.log(level_of(error), "this server could not say that it goes down; it is forgotten", exc_info=error)

    async def _tell(self) -> None:
        while True:
            await self._waiting.wait()
            self._waiting.clear()
            gathered, self._gathered = self._gathered, []
            payload = _encode(self._id, gathered)
            try:
                async with self._database.read() as connection:
                    await replicas.notify(connection, _CHANNEL, payload)
            except Exception as error:
                _log.log(level_of(error), "news for other servers were lost; they find out anyway", exc_info=error)

    async def _hear(self) -> None:
        while True:
            async for payload in self._database.hear(_CHANNEL):
                self._try_to_receive(payload)
            await asyncio.sleep(_RETRY_SECS)

    def _try_to_receive(self, payload: str) -> None:
        """Passes over news that cannot be read: another version may have sent them."""
        try:
            self._receive(payload)
        except Exception:
            _log.warning("news of another server were passed over", exc_info=True)

    def _receive(self, payload: str) -> None:
        message = orjson.loads(payload)
        if message["from"] == str(self._id):
            return
        self._others = max(self._others, 1)
        ready = Counter({(ability, tuple(tags)): count for ability, tags, count in message.get("ready", ())})
        self._signals.hear(
            News(
                ready=ready,
                jobs=frozenset(map(uuid.UUID, message.get("jobs", ()))),
                cancelled_on=frozenset(map(uuid.UUID, message.get("cancelled_on", ()))),
                workspaces=frozenset(message.get("workspaces", ())),
                events=message.get("events", False),
            )
        )


def _encode(sender: uuid.UUID, gathered: list[News]) -> str:
    """The news as one payload; what does not fit is found out by looking."""
    ready = sum((news.ready for news in gathered), Counter())
    message: dict[str, object] = {
        "from": str(sender),
        "ready": [[ability, tags, count] for (ability, tags), count in ready.items()],
        "cancelled_on": sorted({str(worker) for news in gathered for worker in news.cancelled_on}),
        "events": any(news.events for news in gathered),
        "workspaces": sorted({name for news in gathered for name in news.workspaces}),
        "jobs": sorted({str(job) for news in gathered for job in news.jobs}),
    }
    for part in ("workspaces", "jobs", "ready", "cancelled_on"):
        if len(orjson.dumps(message)) > _PAYLOAD_BYTES:
            del message[part]
    return orjson.dumps(message).decode()
