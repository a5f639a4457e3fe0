"""Steps in containers, beside the `docker` program doing the same without Strøm."""

import asyncio
import shutil
import statistics
import time

from tests.benchmarks.bench import Bench
from tests.benchmarks.processes import ProgramFailed
from tests.benchmarks.step_flows import step_flows
from tests.benchmarks.system import System, open_system
from tests.benchmarks.table import Row, at_least, at_most
from tests.support.docker_engine import IMAGE, DockerEngine, docker_engine

NAME = "containers"
CHAIN, FAN, SLOTS, RUNS, FOLLOWED = 8, 24, 8, 2, 7
TARGET_TIME, TARGET_RATE = 1.15, 0.9
LOOK_SECS, READY_LOOKS, SETTLE_SECS = 0.1, 600, 0.5

STEP = f"type: docker, image: '{IMAGE}', command: [echo, hello]"


async def measure(bench: Bench) -> list[Row]:
    """Time of a step in a chain, rate of steps that run at the same time, and the time to the first line.

    The latter also with containers that are kept ready.
    """
    if shutil.which("docker") is None:
        return [Row(line=NAME, figure="-", verdict="not done", notes=("the docker program is not installed",))]
    with docker_engine() as engine:
        worker = {
            "capabilities": ["docker"],
            "max_concurrent": SLOTS,
            "runners": {"docker": {"host": engine.address, "network": "none"}},
        }
        pool = {"pool": [{"image": IMAGE, "size": SLOTS, "workspace": False}]}
        pooled = {**worker, "runners": {"docker": {**worker["runners"]["docker"], **pool}}}
        files = {"boxes.yaml": step_flows(STEP, chain=CHAIN, fan=FAN)}
        async with open_system(bench, NAME, files, worker=worker) as system:
            await system.client.run("chain")
            rows = await _rows(engine, system)
            cold = [await _first_lines(engine, system, at_once=number) for number in (1, SLOTS)]
        async with open_system(bench, f"{NAME}-pool", files, worker=pooled) as system:
            warm = [await _first_lines(engine, system, at_once=number, ready=SLOTS) for number in (1, SLOTS)]
        return [
            *rows,
            _first_line("one after another", warm[0], cold[0]),
            _first_line(f"{SLOTS} at a time", warm[1], cold[1]),
        ]


async def _rows(engine: DockerEngine, system: System) -> list[Row]:
    """Measures both in turn, since an engine becomes slower and faster with what else the machine does."""
    chain, bare_chain, fan, bare_fan = [], [], [], []
    for _ in range(RUNS):
        bare_chain.append(await _bare(engine, CHAIN, at_once=1) / CHAIN)
        chain.append((await system.client.run("chain")).ended / CHAIN)
        bare_fan.append(FAN / await _bare(engine, FAN, at_once=SLOTS))
        fan.append(FAN / (await system.client.run("fan")).ended)
    step, bare = statistics.median(chain) * 1000, statistics.median(bare_chain) * 1000
    rate, bare_rate = statistics.median(fan), statistics.median(bare_fan)
    return [
        Row(
            line="container steps one after another",
            figure=f"{step:.0f} ms a step",
            limit=f"{bare:.0f} ms docker run",
            ratio=f"{step / bare:.2f}x",
            target=f"{TARGET_TIME}x",
            verdict=at_most(step / bare, TARGET_TIME),
            values={"ms_per_step": step, "bare_ms": bare},
        ),
        Row(
            line=f"container steps, {SLOTS} at a time",
            figure=f"{rate:.1f} steps/s",
            limit=f"{bare_rate:.1f} docker run/s",
            ratio=f"{rate / bare_rate:.0%}",
            target=f"{TARGET_RATE:.0%}",
            verdict=at_least(rate / bare_rate, TARGET_RATE),
            values={"steps_per_sec": rate, "bare_per_sec": bare_rate},
        ),
    ]


def _first_line(how: str, warm: float, cold: float) -> Row:
    return Row(
        line=f"trigger to first line from a pool, {how}, p50",
        figure=f"{warm:.0f} ms",
        limit=f"{cold:.0f} ms without",
        ratio=f"{warm / cold:.2f}x",
        values={"ms": warm, "without_ms": cold},
    )


async def _first_lines(engine: DockerEngine, system: System, *, at_once: int, ready: int = 0) -> float:
    """Milliseconds from the trigger to the first line, the median of many jobs; each time so many are `ready`."""
    lines = []
    for _ in range(FOLLOWED):
        await _until_ready(engine, ready)
        runs = await asyncio.gather(*(system.client.follow("one") for _ in range(at_once)))
        lines += [run.first_line or 0.0 for run in runs]
    return statistics.median(lines) * 1000


async def _until_ready(engine: DockerEngine, ready: int) -> None:
    """Waits until nothing runs but containers that are ready, and no more of them are made."""
    with engine.client() as client:
        for _ in range(READY_LOOKS):
            found = client.containers(all=True)
            if len(found) == ready and all(one["State"] == "running" for one in found):
                return await asyncio.sleep(SETTLE_SECS)
            await asyncio.sleep(LOOK_SECS)
    raise ProgramFailed(f"there are {len(found)} containers, not {ready}")


async def _bare(engine: DockerEngine, runs: int, *, at_once: int) -> float:
    """Seconds that `docker run` takes for so many containers."""
    command = ["docker", "--host", engine.address, "run", "--rm", "--init", "--network", "none", IMAGE, "echo", "hello"]
    free = asyncio.Semaphore(at_once)

    async def run() -> None:
        async with free:
            process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
            printed, _ = await process.communicate()
            if printed != b"hello\n":
                raise ProgramFailed(f"docker run printed {printed!r}, exit code {process.returncode}")

    begun = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for _ in range(runs):
            group.create_task(run())
    return time.perf_counter() - begun
