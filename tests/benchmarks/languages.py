"""Start of a Python script whose packages are installed, against a bare Python."""

import asyncio
import os
import statistics
import sys
import time
import venv
from pathlib import Path

import attrs

from stroem.definitions.action import Action
from stroem.testing.runner_conformance import CollectedOutput, make_order
from stroem_shell.runner import ShellRunner
from tests.benchmarks.bench import Bench
from tests.benchmarks.table import Row, at_most
from tests.support.wheels import add_wheel

NAME = "languages"
RUNS, WARM_UPS = 40, 5
TARGET_MS = 60
_SCRIPT = "import greeting\nprint(greeting.TEXT)\n"


async def measure(bench: Bench) -> list[Row]:
    """Milliseconds of a step by the runner `local`, its `dependencies` cached, above `python FILE`; they take turns.

    Both Pythons are of virtual environments: that of the system may load what is installed there.
    """
    folder = bench.folder(NAME)
    add_wheel(folder / "index", "1.0", "hello")
    (folder / "bare.py").write_text("print('hello')\n")
    venv.create(folder / "bare", with_pip=False)
    python = str(folder / "bare" / "bin" / "python")
    first = await _step_ms(folder)
    bare, cached = list[float](), list[float]()
    for number in range(WARM_UPS + RUNS):
        took = (await _bare_ms(python, folder / "bare.py"), await _step_ms(folder))
        if number >= WARM_UPS:
            bare.append(took[0])
            cached.append(took[1])
    bare_ms, cached_ms = statistics.median(bare), statistics.median(cached)
    above = cached_ms - bare_ms
    return [
        Row(
            line="Python script with cached dependencies, above a bare start",
            figure=f"{above:.1f} ms",
            limit=f"{bare_ms:.1f} ms bare",
            ratio=f"{cached_ms / bare_ms:.2f}x",
            target=f"{TARGET_MS} ms",
            verdict=at_most(above, TARGET_MS),
            values={"above_ms": above, "bare_ms": bare_ms, "cached_ms": cached_ms, "first_ms": first},
            notes=(f"the first run, which installs them from a folder: {first:.0f} ms",),
        )
    ]


async def _bare_ms(python: str, file: Path) -> float:
    begun = time.perf_counter()
    process = await asyncio.create_subprocess_exec(python, str(file), stdout=asyncio.subprocess.PIPE)
    printed, _ = await process.communicate()
    assert printed == b"hello\n"
    return (time.perf_counter() - begun) * 1000


async def _step_ms(folder: Path) -> float:
    action = Action(type="script", script=_SCRIPT, language="python", dependencies=("greeting==1.0",))
    order = make_order(folder, f"step-{time.monotonic_ns()}", action)
    order = attrs.evolve(
        order,
        env={
            **order.env,
            "PATH": f"{Path(sys.executable).resolve().parent}:{os.defpath}",
            "XDG_CACHE_HOME": str(folder / "cache"),
            "UV_CACHE_DIR": str(folder / "uv"),
            "UV_FIND_LINKS": str(folder / "index"),
            "UV_NO_INDEX": "1",
            "UV_OFFLINE": "1",
        },
    )
    output = CollectedOutput()
    begun = time.perf_counter()
    code = await ShellRunner().run(order, output)
    took = (time.perf_counter() - begun) * 1000
    assert (code, output.data["stdout"]) == (0, b"hello\n"), bytes(output.data["stderr"])
    return took
