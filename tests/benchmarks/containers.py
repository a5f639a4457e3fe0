"""Steps in containers, beside the `docker` program doing the same without Strøm."""

import asyncio
import shutil
import statistics
import time

from tests.benchmarks.bench import Bench
from tests.benchmarks.processes import ProgramFailed
from tests.benchmarks.system import System, open_system
from tests.benchmarks.table import Row, at_least, at_most
from tests.support.docker_engine import IMAGE, DockerEngine, docker_engine

NAME = "containers"
CHAIN, FAN, SLOTS, RUNS, FOLLOWED = 8, 24, 8, 2, 5
TARGET_TIME, TARGET_RATE = 1.15, 0.9

STEP = f"type: docker, image: '{IMAGE}', command: [echo, hello]"


def workflow() -> str:
    """A chain of steps, steps without order, and a single one."""
    chain = [f"      s{number}: {{{STEP}, depends_on: [s{number - 1}]}}" for number in range(1, CHAIN)]
    fan = [f"      s{number}: {{{STEP}}}" for number in range(FAN)]
    flows = {"chain": [f"      s0: {{{STEP}}}", *chain], "fan": fan, "one": [f"      s0: {{{STEP}}}"]}
    tasks = [f"  {name}:\n    flow:\n" + "\n".join(flow) for name, flow in flows.items()]
    return "tasks:\n" + "\n".join(tasks) + "\n"


async def measure(bench: Bench) -> list[Row]:
    """Time of a step in a chain, rate of steps that run at the same time, and the time to the first line."""
    if shutil.which("docker") is None:
        return [Row(line=NAME, figure="-", verdict="not done", notes=("the docker program is not installed",))]
    with docker_engine() as engine:
        worker = {
            "capabilities": ["docker"],
            "max_concurrent": SLOTS,
            "runners": {"docker": {"host": engine.address, "network": "none"}},
        }
        async with open_system(bench, NAME, {"boxes.yaml": workflow()}, worker=worker) as system:
            await system.client.run("chain")
            return await _rows(engine, system)


async def _rows(engine: DockerEngine, system: System) -> list[Row]:
    """Measures both in turn, since an engine becomes slower and faster with what else the machine does."""
    chain, bare_chain, fan, bare_fan = [], [], [], []
    for _ in range(RUNS):
        bare_chain.append(await _bare(engine, CHAIN, at_once=1) / CHAIN)
        chain.append((await system.client.run("chain")).ended / CHAIN)
        bare_fan.append(FAN / await _bare(engine, FAN, at_once=SLOTS))
        fan.append(FAN / (await system.client.run("fan")).ended)
    lines = [(await system.client.follow("one")).first_line or 0.0 for _ in range(FOLLOWED)]
    first = statistics.median(lines) * 1000
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
        Row(
            line="trigger to first line of a container, p50",
            figure=f"{first:.0f} ms",
            limit=f"{bare:.0f} ms docker run",
            ratio=f"{first / bare:.2f}x",
            values={"ms": first},
        ),
    ]


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
