"""A settings file that changes while the server runs."""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import attrs
import pytest
import yaml

from stroem.errors import SettingsError
from stroem.records.event import NewEvent
from stroem.server.settings_watch import SettingsWatch
from stroem.settings.loader import SettingsFile
from stroem.settings.reload import reload
from stroem.settings.server import ServerSettings

TOKEN = "hunter2-" * 4
BASE: dict[str, Any] = {
    "listen": "127.0.0.1:0",
    "db": {"url": "postgresql://u:p@h/d"},
    "worker_token": TOKEN,
    "log_storage": {"local_dir": "/nowhere"},
    "workspaces": {"first": {"type": "folder", "path": "/first"}},
}
PATIENCE_SECS = 60


def text(*workspaces: str, **more: Any) -> str:
    found = {name: {"type": "folder", "path": f"/{name}"} for name in workspaces}
    return yaml.safe_dump({**BASE, "workspaces": found, **more})


@attrs.define
class Seen:
    """What a watch has handed over."""

    applied: asyncio.Queue[tuple[ServerSettings, ServerSettings]] = attrs.Factory(asyncio.Queue)
    events: asyncio.Queue[NewEvent] = attrs.Factory(asyncio.Queue)
    failing: list[Exception] = attrs.Factory(list)

    async def apply(self, before: ServerSettings, after: ServerSettings) -> None:
        if self.failing:
            raise self.failing.pop()
        await self.applied.put((before, after))

    async def workspaces(self) -> list[str]:
        async with asyncio.timeout(PATIENCE_SECS):
            return sorted((await self.applied.get())[1].workspaces)

    async def event(self) -> NewEvent:
        async with asyncio.timeout(PATIENCE_SECS):
            return await self.events.get()


def refuse_bad_names(settings: ServerSettings) -> None:
    if "bad" in settings.workspaces:
        raise SettingsError(problems="bad is bad")
    if "broken" in settings.workspaces:
        raise ZeroDivisionError


def watch_of(path: Path, seen: Seen, **environ: str) -> SettingsWatch:
    file = SettingsFile(path=path, environ=environ)
    settings = file.settings(file.read())
    return SettingsWatch(file, settings, check=refuse_bad_names, apply=seen.apply, report=seen.events.put)


@asynccontextmanager
async def running(watch: SettingsWatch) -> AsyncIterator[None]:
    task = asyncio.create_task(watch.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "etc" / "server-config.yaml"
    file.parent.mkdir()
    file.write_text(text("first"))
    return file


@pytest.fixture
def seen() -> Seen:
    return Seen()


async def test_a_file_that_is_written_anew_takes_effect(path: Path, seen: Seen) -> None:
    watch = watch_of(path, seen, STROEM__DB__POOL_SIZE="7")
    async with running(watch):
        path.write_text(text("first", "second"))
        assert await seen.workspaces() == ["first", "second"]
        path.write_text(text("second"))
        assert await seen.workspaces() == ["second"]
    assert watch.settings.db.pool_size == 7
    assert watch.status.needs_restart == ()
    assert seen.events.empty()


async def test_a_file_that_another_takes_the_place_of(path: Path, seen: Seen) -> None:
    async with running(watch_of(path, seen)):
        for name in ("second", "third"):
            fresh = path.with_name(f".{path.name}.swp")
            fresh.write_text(text(name))
            fresh.replace(path)
            assert await seen.workspaces() == [name]


async def test_links_as_kubernetes_swaps_them(tmp_path: Path, seen: Seen) -> None:
    folder = tmp_path / "mounted"
    path = folder / "server-config.yaml"

    def publish(number: int, name: str) -> None:
        fresh = folder / f"..2026_{number}"
        fresh.mkdir(parents=True)
        (fresh / path.name).write_text(text(name))
        (folder / "..data_tmp").symlink_to(fresh.name)
        (folder / "..data_tmp").replace(folder / "..data")

    publish(1, "first")
    path.symlink_to(Path("..data", path.name))
    async with running(watch_of(path, seen)):
        for number, name in ((2, "second"), (3, "third")):
            publish(number, name)
            shutil.rmtree(folder / f"..2026_{number - 1}")
            assert await seen.workspaces() == [name]


async def test_a_link_to_a_file_elsewhere(path: Path, tmp_path: Path, seen: Seen) -> None:
    link = tmp_path / "link.yaml"
    link.symlink_to(path)
    async with running(watch_of(link, seen)):
        path.write_text(text("second"))
        assert await seen.workspaces() == ["second"]


async def test_a_broken_file_changes_nothing_until_it_is_right_again(path: Path, seen: Seen) -> None:
    watch = watch_of(path, seen)
    async with running(watch):
        for broken, said in (
            (text("second", worker_token="short"), "worker_token: must have at least 32 characters, has 5"),
            (f"worker_token: {TOKEN}\n- no: yaml", "server-config.yaml:2:1"),
            (text("bad"), "bad is bad"),
        ):
            path.write_text(broken)
            event = await seen.event()
            assert (event.kind, event.severity, event.cause) == ("failed", "error", "settings")
            assert said in event.message
            assert "hunter2" not in event.message
            assert watch.status.error is not None
            assert said in watch.status.error
        path.write_text(text("third"))
        assert await seen.workspaces() == ["third"]
        assert (await seen.event()).kind == "recovered"
        assert watch.status.error is None


async def test_a_file_that_is_away_for_a_while(path: Path, seen: Seen) -> None:
    async with running(watch_of(path, seen)):
        kept = path.rename(path.with_suffix(".kept"))
        assert "cannot be read: No such file" in (await seen.event()).message
        kept.rename(path)
        assert (await seen.event()).kind == "recovered"
    assert seen.applied.empty()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
async def test_a_file_that_may_not_be_read_for_a_while(path: Path, seen: Seen) -> None:
    async with running(watch_of(path, seen)):
        path.chmod(0)
        assert "Permission denied" in (await seen.event()).message
        path.chmod(0o600)
        assert (await seen.event()).kind == "recovered"


@pytest.mark.slow("waits for a timeout or a retry")
async def test_a_folder_that_is_away_for_a_while(path: Path, seen: Seen) -> None:
    async with running(watch_of(path, seen)):
        kept = path.parent.rename(path.parent.with_suffix(".kept"))
        assert "No such file" in (await seen.event()).message
        (kept / path.name).write_text(text("second"))
        kept.rename(path.parent)
        assert await seen.workspaces() == ["second"]


async def test_the_same_mistake_is_told_once(path: Path, seen: Seen) -> None:
    watch = watch_of(path, seen)
    path.unlink()
    for _ in range(3):
        await watch.poll()
    assert seen.events.qsize() == 1


async def test_what_cannot_change_while_the_server_runs_is_named(
    path: Path, seen: Seen, caplog: pytest.LogCaptureFixture
) -> None:
    watch = watch_of(path, seen)
    path.write_text(text("second", listen="127.0.0.1:1", limits={"page_items": 5}))
    for _ in range(2):
        await watch.poll()
    before, after = seen.applied.get_nowait()
    assert (sorted(before.workspaces), sorted(after.workspaces)) == (["first"], ["second"])
    assert (after.listen, after.limits.page_items) == ("127.0.0.1:0", 500)
    assert watch.status.needs_restart == ("listen", "limits.page_items")
    assert caplog.text.count("need a restart of the server: listen, limits.page_items") == 1
    path.write_text(text("second"))
    await watch.poll()
    assert watch.status.needs_restart == ()


@pytest.mark.slow("waits for a timeout or a retry")
async def test_when_settings_cannot_be_applied_it_is_tried_again(path: Path, seen: Seen) -> None:
    seen.failing = [RuntimeError(TOKEN), RuntimeError(TOKEN)]
    watch = watch_of(path, seen)
    async with running(watch):
        path.write_text(text("second"))
        event = await seen.event()
        assert "RuntimeError" in event.message
        assert "hunter2" not in event.message
        assert await seen.workspaces() == ["second"]
        assert (await seen.event()).kind == "recovered"


async def test_an_event_that_cannot_be_recorded_ends_nothing(path: Path, seen: Seen) -> None:
    async def report(event: NewEvent) -> None:
        raise RuntimeError("the database is away")

    file = SettingsFile(path=path, environ={})
    watch = SettingsWatch(file, file.settings(file.read()), check=refuse_bad_names, apply=seen.apply, report=report)
    path.write_text("[")
    await watch.poll()
    path.write_text(text("second"))
    await watch.poll()
    assert await seen.workspaces() == ["second"]


async def test_whoever_asks_has_the_file_read_at_once(path: Path, seen: Seen, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nothing notices changes, a signal does."""
    monkeypatch.setattr("stroem.server.settings_watch.watchfiles.awatch", _nothing_happens)
    file = SettingsFile(path=path, environ={})
    watch = SettingsWatch(
        file, file.settings(file.read()), check=lambda _: None, apply=seen.apply, report=seen.events.put
    )
    async with running(watch):
        path.write_text(text("second"))
        file.asked.set()
        assert await seen.workspaces() == ["second"]


async def _nothing_happens(*_: object, **__: object) -> AsyncIterator[None]:
    await asyncio.Future()
    yield


def test_sections_inside_a_workspace_take_effect_too(path: Path) -> None:
    file = SettingsFile(path=path, environ={})
    running_settings = file.settings(file.read())
    guarded = {"first": {**BASE["workspaces"]["first"], "guards": {"approval": True}}}
    wanted = file.settings(text(workspaces=guarded, public_url="https://x").encode())
    found = reload(running_settings, wanted)
    assert found.changed == ("workspaces",)
    assert found.needs_restart == ("public_url",)
    assert found.settings.workspaces == wanted.workspaces


async def test_a_check_that_breaks_off_does_not_end_the_watch(path: Path, seen: Seen) -> None:
    async with running(watch_of(path, seen)):
        path.write_text(text("broken"))
        assert "could not be checked: ZeroDivisionError" in (await seen.event()).message
        path.write_text(text("fine"))
        assert await seen.workspaces() == ["fine"]
