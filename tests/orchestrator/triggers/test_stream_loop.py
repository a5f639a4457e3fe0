"""Sources of triggers are read by one server at a time, and each event fires once."""

import asyncio
import os
from pathlib import Path
from typing import Any, ClassVar

import attrs
import pytest

from stroem.conversion.constraints import Seconds
from stroem.definitions.trigger import Trigger
from stroem.definitions.values import Json
from stroem.errors import Unavailable
from stroem.interfaces.triggers.stream_trigger import Batch, Place, StreamTrigger, StreamUnreadable
from stroem.interfaces.triggers.trigger_type import Fire
from stroem.orchestrator.triggers.stream_loop import StreamPlace
from stroem.store.database import Database
from tests.orchestrator.triggers.outcome_site import OutcomeSite
from tests.support.triggers import trigger_of
from tests.support.wait import eventually


@attrs.define
class Source:
    """A list of events. A read gives up to `most` of those after the cursor, and waits until it is `opened`."""

    events: list[Fire] = attrs.Factory(list)
    most: int = 100
    reads: int = 0
    fault: Exception | None = None
    problem: str | None = None
    opened: asyncio.Event = attrs.Factory(asyncio.Event)

    def put(self, *keys: str, **more: Any) -> None:
        self.events += [Fire(key=key, **more) for key in keys]


SOURCES: dict[str, Source] = {}


@attrs.frozen(kw_only=True)
class SourceTrigger(StreamTrigger):
    """Reads a source of this process."""

    name: ClassVar[str] = "source"

    source: str

    @property
    def poll_secs(self) -> float:
        return 3600

    async def read(self, cursor: Json, place: Place) -> Batch:
        source = SOURCES[self.source]
        source.reads += 1
        await source.opened.wait()
        if source.fault is not None:
            raise source.fault
        start = cursor if isinstance(cursor, int) else 0
        found = source.events[start : start + source.most]
        more = start + len(found) < len(source.events)
        return Batch(fires=found, cursor=start + len(found), pause_secs=0 if more else None, problem=source.problem)


@pytest.fixture
def site(database: Database, tmp_path: Path) -> OutcomeSite:
    (tmp_path / "inbox").mkdir()
    return OutcomeSite(database=database, folder=tmp_path, place=StreamPlace(folders=(str(tmp_path / "inbox"),)))


@pytest.fixture
def source() -> Source:
    SOURCES.clear()
    return source_named("one")


def source_named(name: str) -> Source:
    SOURCES[name] = Source()
    SOURCES[name].opened.set()
    return SOURCES[name]


def reading(name: str = "one", **more: Any) -> Trigger:
    return Trigger(type="source", task="page", options=SourceTrigger(source=name), **more)


async def read(site: OutcomeSite) -> None:
    """Reads all that is due."""
    loop = site.services.triggers.stream_loop
    while True:
        more = await loop.run_once()
        if not more and not loop.is_reading:
            return
        await loop.settled()


async def due(site: OutcomeSite) -> None:
    await site.execute("UPDATE triggers SET due_at = now() WHERE due_at IS NOT NULL")


async def test_each_event_fires_once(site: OutcomeSite, source: Source) -> None:
    await site.release(s=reading())
    source.put("a", "b")
    await read(site)
    assert len(await site.jobs("page")) == 2
    source.put("c")
    await read(site)
    assert len(await site.jobs("page")) == 2
    await due(site)
    await read(site)
    assert len(await site.jobs("page")) == 3
    assert (await site.row("s")).memory == 3


async def test_a_source_with_more_is_read_on(site: OutcomeSite, source: Source) -> None:
    await site.release(s=reading())
    source.most = 2
    source.put(*"abcdefg")
    await read(site)
    assert len(await site.jobs("page")) == 7
    assert source.reads == 4


async def test_one_server_reads_at_a_time(site: OutcomeSite, source: Source) -> None:
    await site.release(s=reading())
    source.put("a")
    source.opened.clear()
    other = site.server().triggers.stream_loop
    await site.services.triggers.stream_loop.run_once()
    await other.run_once()
    await eventually(lambda: source.reads)
    assert not other.is_reading
    source.opened.set()
    await read(site)
    assert source.reads == 1
    assert len(await site.jobs("page")) == 1


async def test_a_lost_server_loses_nothing(site: OutcomeSite, source: Source) -> None:
    """Its lease ends, another server reads, and what the first one still brings changes nothing."""
    await site.release(s=reading())
    source.put("a", "b")
    source.opened.clear()
    await site.services.triggers.stream_loop.run_once()
    await eventually(lambda: source.reads)
    await due(site)
    other = site.server().triggers.stream_loop
    await other.run_once()
    await eventually(lambda: source.reads == 2)
    source.opened.set()
    await other.settled()
    await site.services.triggers.stream_loop.settled()
    assert len(await site.jobs("page")) == 2
    assert len(await site.fires("s")) == 2


async def test_a_crash_before_the_commit_is_read_again(
    site: OutcomeSite, source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    await site.release(s=reading())
    source.put("a")
    with monkeypatch.context() as patch:
        patch.setattr("stroem.store.triggers.stream_reads.finish", _die)
        await read(site)
    assert await site.jobs("page") == []
    assert await site.fires("s") == []
    await due(site)
    await read(site)
    assert len(await site.jobs("page")) == 1


async def _die(*_: Any) -> None:
    raise Unavailable(message="the database is away", retry_after=1)


async def test_a_trigger_that_was_changed_meanwhile_does_not_fire(site: OutcomeSite, source: Source) -> None:
    await site.release(s=reading())
    source.put("a")
    source.opened.clear()
    await site.services.triggers.stream_loop.run_once()
    await eventually(lambda: source.reads)
    source_named("two")
    await site.release(s=reading("two"))
    source.opened.set()
    await read(site)
    assert await site.jobs("page") == []


async def test_an_unreadable_source_waits_and_does_not_stop_the_others(site: OutcomeSite, source: Source) -> None:
    await site.release(s=reading(), other=reading("two"), worse=reading("three"))
    source.fault = StreamUnreadable("The folder is not there: create it")
    source_named("two").put("a")
    source_named("three").fault = KeyError("a fault of the type")
    await read(site)
    assert len(await site.jobs("page")) == 1
    row = await site.row("s")
    assert (row.problem, row.failures, row.memory) == ("The folder is not there: create it", 1, None)
    assert (await site.row("worse")).problem is not None
    await due(site)
    await read(site)
    assert (await site.row("s")).failures == 2
    assert len([message for message in await site.events("trigger_failed") if "'s'" in message]) == 1
    source.fault = None
    await due(site)
    await read(site)
    row = await site.row("s")
    assert (row.problem, row.failures) == (None, 0)


async def test_what_cannot_be_read_of_a_source_is_a_problem_while_the_rest_fires(
    site: OutcomeSite, source: Source
) -> None:
    await site.release(s=reading())
    source.problem = "b cannot be read"
    source.put("a")
    await read(site)
    assert len(await site.jobs("page")) == 1
    assert (await site.row("s")).problem == "b cannot be read"
    source.problem = None
    await due(site)
    await read(site)
    assert (await site.row("s")).problem is None


async def test_a_bad_event_does_not_stop_its_neighbours(site: OutcomeSite, source: Source) -> None:
    await site.release(s=reading())
    source.put("a")
    source.put("b", context={"trigger": {"text": {"a value that cannot be stored"}}})
    source.put("c")
    await read(site)
    assert len(await site.jobs("page")) == 2
    assert sorted(verdict for verdict, _ in await site.fires("s")) == ["failed", "started", "started"]
    assert (await site.row("s")).memory == 3


async def test_a_paused_trigger_reads_nothing(site: OutcomeSite, source: Source) -> None:
    await site.release(s=reading(), off=reading("one", enabled=False))
    await site.execute("UPDATE triggers SET paused = true, due_at = NULL")
    source.put("a")
    await read(site)
    assert source.reads == 0


async def test_the_source_of_the_workspace_is_polled_first_if_asked_for(site: OutcomeSite, source: Source) -> None:
    await site.release(s=reading(force_refresh=True))
    await read(site)
    assert site.refreshed == []
    source.put("a")
    await due(site)
    await read(site)
    assert site.refreshed == ["default"]
    assert len(await site.jobs("page")) == 1


async def test_a_stop_gives_the_lease_back(site: OutcomeSite, source: Source) -> None:
    await site.release(s=reading())
    source.put("a")
    source.opened.clear()
    running = asyncio.create_task(site.services.triggers.stream_loop.run())
    await eventually(lambda: source.reads)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    source.opened.set()
    site.services = site.server()
    await read(site)
    assert len(await site.jobs("page")) == 1


async def test_files_of_a_folder(site: OutcomeSite, tmp_path: Path) -> None:
    inbox = tmp_path / "inbox"
    settle = Seconds(0)
    await site.release(
        f=trigger_of("files", task="page", path=str(inbox), settle=settle),
        b=trigger_of("files", task="load", path=str(inbox), settle=settle, max_batch=10),
        closed=trigger_of("files", task="load", path=str(tmp_path)),
    )
    (inbox / "old").touch()
    await read(site)
    for name in "abc":
        (inbox / name).touch()
    await due(site)
    await read(site)
    files = [job["context"]["trigger"]["file"]["name"] for job in await site.jobs("page")]
    assert sorted(files) == ["a", "b", "c"]
    (job,) = await site.jobs("load")
    assert job["context"]["trigger"]["count"] == 3
    assert "`triggers.folders`" in str((await site.row("closed")).problem)
    os.utime(inbox / "a", (1, 1))
    await due(site)
    await read(site)
    assert len(await site.jobs("page")) == 4


async def test_two_servers_fire_each_file_once(site: OutcomeSite, tmp_path: Path) -> None:
    inbox = tmp_path / "inbox"
    await site.release(f=trigger_of("files", task="page", path=str(inbox), settle=Seconds(0), poll=Seconds(1)))
    await read(site)
    for number in range(250):
        (inbox / str(number)).touch()
    servers = [site.services.triggers.stream_loop, site.server().triggers.stream_loop]
    tasks = [asyncio.create_task(server.run()) for server in servers]
    await eventually(lambda: _count(site, 250))
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert len(await site.jobs("page")) == 250


async def _count(site: OutcomeSite, least: int) -> bool:
    return len(await site.jobs("page")) >= least
