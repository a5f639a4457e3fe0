"""From a change of files to the release that is current."""

import asyncio
import statistics
import time
from pathlib import Path

import yaml

from tests.benchmarks.bench import Bench
from tests.benchmarks.processes import ProgramFailed, peak_rss_mb, rss_mb
from tests.benchmarks.system import WORKSPACE, System, open_system, write_workspace
from tests.benchmarks.table import Row, at_most

NAME = "reconcile"
FILES, TASKS_A_FILE = 1_000, 10
CHANGES = 9
TARGET_COLD_SECS, TARGET_ONE_MS = 4.0, 150
LOOK_SECS, PATIENCE_SECS = 0.004, 60

_TASK = """\
  task-{file}-{number}:
    name: Task {number} of file {file}
    input:
      who: {{type: string, default: world}}
      count: {{type: integer, default: {number}}}
    flow:
      greet:
        action: greet-{file}
        input: {{who: "{{{{ input.who }}}}"}}
      count:
        type: script
        depends_on: [greet]
        script: echo {{{{ input.count }}}} {{{{ greet.output.text }}}} {mark}
"""
_ACTION = """\
actions:
  greet-{file}:
    type: script
    script: echo "hello {{{{ input.who }}}}"
    input:
      who: {{type: string, required: true}}
"""


def workflow(file: int, mark: str = "") -> str:
    """One file: an action and the tasks that use it."""
    tasks = "".join(_TASK.format(file=file, number=number, mark=mark) for number in range(TASKS_A_FILE))
    return f"{_ACTION.format(file=file)}tasks:\n{tasks}"


async def measure(bench: Bench) -> list[Row]:
    """A workspace that appears as a whole, then changes of one file, with the server under no other load."""
    async with open_system(bench, NAME, {}) as system:
        prepared = system.folder / "prepared"
        write_workspace(prepared, {f"{number:04}.yaml": workflow(number) for number in range(FILES)})
        limit = _bare_parse_secs(prepared)
        before = rss_mb(system.server.pid)
        async with system.watched(f"{NAME}-cold") as cold_usage:
            cold = await _cold(system, prepared)
        async with system.watched(f"{NAME}-one-file") as usage:
            changes = [await _change(system, number) for number in range(CHANGES)]
        one_ms = statistics.median(changes) * 1000
        memory = rss_mb(system.server.pid)
        peak = max(memory, peak_rss_mb(system.server.pid))
    return [
        Row(
            line="reconcile 10,000 tasks, cold",
            figure=f"{cold:.2f} s",
            limit=f"{limit:.2f} s bare YAML",
            ratio=f"{cold / limit:.1f}x",
            target=f"{TARGET_COLD_SECS:.0f} s",
            verdict=at_most(cold, TARGET_COLD_SECS),
            values={"seconds": cold, "bare_yaml_secs": limit},
            notes=(f"processor s: {_seconds(cold_usage.cpu)}{cold_usage.disturbance()}",),
        ),
        Row(
            line="reconcile, one file of 1,000 changed",
            figure=f"{one_ms:.0f} ms",
            target=f"{TARGET_ONE_MS} ms",
            verdict=at_most(one_ms, TARGET_ONE_MS),
            values={"ms": one_ms, "worst_ms": max(changes) * 1000, "server_mb": memory, "server_peak_mb": peak},
            notes=(
                f"worst of {CHANGES}: {max(changes) * 1000:.0f} ms",
                usage.note(CHANGES, "change"),
                f"server memory: {before:.0f} MB before, {memory:.0f} MB after, peak {peak:.0f} MB",
            ),
        ),
    ]


async def _cold(system: System, prepared: Path) -> float:
    begun = time.perf_counter()
    (prepared / ".workflows").rename(system.workspace / ".workflows")
    await _until_changed(system, None)
    workspace = await system.client.get(f"/api/workspaces/{WORKSPACE}")
    assert workspace["tasks_count"] == FILES * TASKS_A_FILE, workspace
    return time.perf_counter() - begun


async def _change(system: System, number: int) -> float:
    await asyncio.sleep(0.3)  # the system comes to rest
    release = await _release(system)
    begun = time.perf_counter()
    write_workspace(system.workspace, {f"{number:04}.yaml": workflow(number, mark="changed")})
    await _until_changed(system, release)
    return time.perf_counter() - begun


async def _until_changed(system: System, release: int | None) -> None:
    deadline = time.monotonic() + PATIENCE_SECS
    while await _release(system) == release:
        if time.monotonic() > deadline:
            raise ProgramFailed(f"still at release {release}")
        await asyncio.sleep(LOOK_SECS)


async def _release(system: System) -> int | None:
    """The number of the release that has tasks; an empty workspace's release does not count."""
    workspace = await system.client.get(f"/api/workspaces/{WORKSPACE}")
    if workspace.get("error"):
        raise ProgramFailed(f"{workspace['error']} {(workspace.get('problems') or [])[:2]}")
    return workspace["release"] if workspace["tasks_count"] else None


def _bare_parse_secs(prepared: Path) -> float:
    """How long libyaml takes for the same files, with nothing made of them."""
    begun = time.perf_counter()
    for path in sorted((prepared / ".workflows").iterdir()):
        for _ in yaml.parse(path.read_bytes(), Loader=yaml.CSafeLoader):
            pass
    return time.perf_counter() - begun


def _seconds(cpu: dict[str, float]) -> str:
    return ", ".join(f"{name} {secs:.2f}" for name, secs in cpu.items())
