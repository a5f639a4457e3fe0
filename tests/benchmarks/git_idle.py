"""What a thousand workspaces in git cost while nothing happens."""

import asyncio
import resource
import shutil
import time
from pathlib import Path

from tests.benchmarks.bench import Bench
from tests.benchmarks.processes import ProgramFailed, family_rss_mb
from tests.benchmarks.repository import ls_remote, make_repository
from tests.benchmarks.system import WORKSPACE, System, open_system
from tests.benchmarks.table import Row

NAME = "git-idle"
WORKSPACES = 1_000
POLL_SECS = 10.0
WATCHED_SECS = 20.0
ASKED = 100
LOOK_SECS, PATIENCE_SECS = 0.25, 100

_TASK = "tasks:\n  one:\n    flow:\n      say: {type: script, script: echo hello}\n"


async def measure(bench: Bench) -> list[Row]:
    """A thousand repositories, each polled every ten seconds, against asking them with git."""
    folder = bench.folder(NAME)
    urls = await asyncio.to_thread(_make_repositories, folder)
    git_ms = await asyncio.to_thread(_git_ms, urls[:ASKED])
    workspaces = {
        f"w{number:04}": {"type": "git", "url": url, "poll_interval_secs": POLL_SECS} for number, url in enumerate(urls)
    }
    async with open_system(bench, f"{NAME}-none", {}) as system:
        empty_mb = family_rss_mb(system.server.pid)
    async with open_system(bench, NAME, {}, {"workspaces": workspaces}) as system:
        begun = time.monotonic()
        await _until_all_are_current(system)
        cold = time.monotonic() - begun
        await asyncio.sleep(POLL_SECS)
        before = await _looks(system)
        async with system.watched(NAME) as usage:
            await asyncio.sleep(WATCHED_SECS)
        looks = max(await _looks(system) - before, 1)
        memory = family_rss_mb(system.server.pid)
    ours = (usage.cpu["server"] + usage.cpu["PostgreSQL"]) / looks * 1000
    return [
        Row(
            line=f"git: a look at one of {WORKSPACES:,} idle workspaces",
            figure=f"{ours:.2f} ms CPU",
            limit=f"{git_ms:.2f} ms git ls-remote",
            ratio=f"{ours / git_ms:.2f}x",
            values={"ms": ours, "git_ms": git_ms, "looks": looks, "cold_secs": cold},
            notes=(
                f"{looks / WATCHED_SECS:.0f} looks a second; all current after {cold:.1f} s",
                usage.note(looks, "look"),
            ),
        ),
        Row(
            line="git: memory of a workspace",
            figure=f"{(memory - empty_mb) / WORKSPACES * 1024:.0f} kB",
            values={"mb": memory, "empty_mb": empty_mb},
            notes=(f"server with its helpers: {empty_mb:.0f} MB with none, {memory:.0f} MB with {WORKSPACES:,}",),
        ),
    ]


def _make_repositories(folder: Path) -> list[str]:
    template = make_repository(folder / "template", {"a.yaml": _TASK}).bare
    shutil.rmtree(template / "hooks", ignore_errors=True)
    urls = []
    for number in range(WORKSPACES):
        copy = folder / f"{number:04}.git"
        shutil.copytree(template, copy)
        urls.append(copy.as_uri())
    return urls


def _git_ms(urls: list[str]) -> float:
    """Processor time, in ms, of one `git ls-remote`."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    for url in urls:
        ls_remote(url)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return spent / len(urls) * 1000


async def _until_all_are_current(system: System) -> None:
    deadline = time.monotonic() + PATIENCE_SECS
    while True:
        found = [one for one in await system.client.get("/api/workspaces") if one["name"] != WORKSPACE]
        missing = [one for one in found if one["release"] is None]
        if not missing:
            return
        if time.monotonic() > deadline:
            raise ProgramFailed(f"{len(missing)} have no release, first {missing[0].get('error')}")
        await asyncio.sleep(LOOK_SECS)


async def _looks(system: System) -> int:
    """How many looks the server has had in all."""
    return sum(one["looks"] for one in await system.client.get("/api/workspaces"))
