"""From a push that a git host announces to the release that is current."""

import asyncio
import statistics
import time

from tests.benchmarks.bench import Bench
from tests.benchmarks.processes import ProgramFailed
from tests.benchmarks.reconcile import FILES, TASKS_A_FILE, workflow
from tests.benchmarks.repository import Repository, make_repository
from tests.benchmarks.system import System, open_system
from tests.benchmarks.table import Row, at_most

NAME = "git-push"
PUSHES = 60
CHANGES = 11
TARGET_MS, TARGET_SHARE = 1000, 1.5
SECRET = "a-secret-of-benchmarks-that-nobody-guesses"
LOOK_SECS, REST_SECS, PATIENCE_SECS = 0.002, 0.2, 60


async def measure(bench: Bench) -> list[Row]:
    """Pushes into a repository with one task, and into one with ten thousand, each announced by a push hook."""
    folder = bench.folder(NAME)
    small = make_repository(folder / "small", {"0000.yaml": _one_task("first")})
    large = make_repository(folder / "large", {f"{number:04}.yaml": workflow(number) for number in range(FILES)})
    repositories = {"small": small, "large": large}
    settings = {
        "workspaces": {
            name: {"type": "git", "url": one.url, "poll_interval_secs": 3600} for name, one in repositories.items()
        },
        "push_hooks": {"bench": {"type": "plain", "secret": SECRET}},
    }
    async with open_system(bench, NAME, {}, settings) as system:
        for name in repositories:
            await _until(system, name, None)
        async with system.watched(NAME) as usage:
            times = [await _push(system, "small", small, _one_task(str(number))) for number in range(PUSHES)]
        large_times = [
            await _push(system, "large", large, workflow(0, mark=f"changed-{number}")) for number in range(CHANGES)
        ]
    p50, p99 = statistics.median(times) * 1000, statistics.quantiles(times, n=100)[98] * 1000
    large_ms = statistics.median(large_times) * 1000
    return [
        Row(
            line="git: push to current release, p50 / p99",
            figure=f"{p50:.0f} / {p99:.0f} ms",
            target=f"{TARGET_MS} ms",
            verdict=at_most(p99, TARGET_MS),
            values={"p50_ms": p50, "p99_ms": p99},
            notes=(usage.note(PUSHES, "push"),),
        ),
        Row(
            line=f"git: one file of a {FILES * TASKS_A_FILE:,}-task monorepo",
            figure=f"{large_ms:.0f} ms",
            limit=f"{p50:.0f} ms one task",
            ratio=f"{large_ms / p50:.2f}x",
            target=f"{TARGET_SHARE}x",
            verdict=at_most(large_ms / p50, TARGET_SHARE),
            values={"ms": large_ms, "small_ms": p50},
            notes=(f"worst of {CHANGES}: {max(large_times) * 1000:.0f} ms",),
        ),
    ]


def _one_task(mark: str) -> str:
    return f"tasks:\n  one:\n    flow:\n      say: {{type: script, script: echo {mark}}}\n"


async def _push(system: System, name: str, repository: Repository, text: str) -> float:
    """Seconds from the announcement of a push to the answer that its commit is current."""
    commit = await asyncio.to_thread(repository.push, {"0000.yaml": text})
    await asyncio.sleep(REST_SECS)  # the system comes to rest
    begun = time.perf_counter()
    body = {"url": repository.url, "ref": "refs/heads/main", "commit": commit}
    headers = {"Authorization": f"Bearer {SECRET}"}
    async with system.client.session.post("/hooks/_source/bench", json=body, headers=headers) as response:
        answer = await response.json()
    if name not in answer.get("workspaces", ()):
        raise ProgramFailed(f"the push was not understood: {answer}")
    await _until(system, name, commit)
    return time.perf_counter() - begun


async def _until(system: System, name: str, commit: str | None) -> None:
    deadline = time.monotonic() + PATIENCE_SECS
    while True:
        workspace = await system.client.get(f"/api/workspaces/{name}")
        if workspace["revision"] and commit in (None, workspace["revision"]):
            return
        if workspace.get("error") or time.monotonic() > deadline:
            raise ProgramFailed(f"{name}: {workspace.get('error') or 'no new release'}")
        await asyncio.sleep(LOOK_SECS)
