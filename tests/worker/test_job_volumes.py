"""Steps of a job that share a folder of their worker."""

import uuid
from pathlib import Path
from typing import Any

import pytest

from stroem.definitions.backoff import Backoff
from tests.worker.conftest import Site
from tests.worker.scripted_server import REVISION, ScriptedServer, tar_gz

VOLUME = str(uuid.uuid4())


@pytest.fixture
async def shared(server: ScriptedServer) -> dict[str, Any]:
    """The fields of the claims of one job."""
    server.tarballs = {("w", REVISION): tar_gz({"file": b"original", "sub/run.sh": b"cat file"})}
    return {"job_id": VOLUME, "volume": VOLUME}


def folder_of(site: Site) -> Path:
    return site.directory / "tester" / "volumes" / VOLUME


async def test_each_step_finds_what_the_others_have_left(
    site: Site, server: ScriptedServer, shared: dict[str, Any]
) -> None:
    async with site.worker():
        await server.outcome(server.offer("echo changed > file; touch new; echo x > $TMPDIR/own", step_id=1, **shared))
        second = server.offer("cat file; ls; ls $TMPDIR", step_id=2, **shared)
        await server.outcome(second)
        assert server.lines(second) == ["changed", "file", "new", "sub"]
        source = {"type": "script", "source": "sub/run.sh", "language": "shell"}
        third = server.offer(None, step_id=3, spec=source, **shared)
        await server.outcome(third)
        assert server.lines(third) == ["changed"]
        other = server.offer("cat file", step_id=4)
        await server.outcome(other)
        assert server.lines(other) == ["original"]
    assert len(server.downloads) == 1


async def test_inline_scripts_of_steps_at_the_same_time_stay_apart_and_are_removed(
    site: Site, server: ScriptedServer, shared: dict[str, Any]
) -> None:
    gate = site.directory.parent / "gate"
    wait = f"import os, time\nwhile not os.path.exists({str(gate)!r}): time.sleep(0.01)\n"
    async with site.worker():
        keys = [
            server.offer(f"print({n}, flush=True)\n{wait}print({n})", step_id=n, spec={"language": "python"}, **shared)
            for n in (1, 2, 3)
        ]
        await server.until(lambda: all(server.lines(key, "stdout") for key in keys))
        gate.touch()
        for number, key in enumerate(keys, 1):
            assert (await server.outcome(key))["exit_code"] == 0
            assert server.lines(key, "stdout") == [str(number)] * 2
    assert sorted(path.name for path in folder_of(site).iterdir()) == ["file", "sub"]


@pytest.fixture
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers that look for folders to remove ten times a second."""
    monkeypatch.setattr("stroem.worker.steps.leftovers.PAUSES", Backoff(first_secs=0.1, longest_secs=0.1))


@pytest.mark.usefixtures("soon")
async def test_the_folder_is_removed_when_no_job_needs_it(
    site: Site, server: ScriptedServer, shared: dict[str, Any]
) -> None:
    async with site.worker():
        await server.outcome(server.offer("true", step_id=1, **shared))
        await server.until(lambda: [VOLUME] in server.asked_volumes)
        assert folder_of(site).exists()
        server.ended_volumes.add(VOLUME)
        await server.until(lambda: not folder_of(site).exists())
    assert not list(folder_of(site).parent.iterdir())


@pytest.mark.usefixtures("soon")
async def test_a_worker_that_comes_back_asks_about_the_folders_of_its_last_run(
    site: Site, server: ScriptedServer, shared: dict[str, Any]
) -> None:
    async with site.worker() as worker:
        await worker.registered.wait()
        assert "resumes" not in server.registrations[-1]
        await server.outcome(server.offer("touch left", step_id=1, **shared))
    server.asked_volumes.clear()
    async with site.worker() as worker:
        await worker.registered.wait()
        assert server.registrations[-1]["resumes"] is True
        await server.until(lambda: [VOLUME] in server.asked_volumes)
        key = server.offer("ls", step_id=2, **shared)
        await server.outcome(key)
        assert server.lines(key) == ["file", "left", "sub"]


@pytest.mark.usefixtures("soon")
async def test_many_folders_are_asked_about_in_parts_and_one_that_stays_keeps_no_other(
    site: Site, server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stroem.worker.steps.leftovers.MOST_ASKED", 2)
    folders = folder_of(site).parent
    folders.mkdir(parents=True)
    ids = sorted(str(uuid.UUID(int=number)) for number in range(5))
    for one in ids:
        (folders / one).mkdir()
    rename = Path.rename

    def refusing(path: Path, target: Path) -> Path:
        if path.name == ids[0]:
            raise PermissionError(path)
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", refusing)
    server.ended_volumes.update(ids)
    async with site.worker():
        await server.until(lambda: [ids[0]] in server.asked_volumes)
    assert server.asked_volumes[:3] == [ids[:2], ids[2:4], ids[4:]]
    assert [path.name for path in folders.iterdir()] == ids[:1]
