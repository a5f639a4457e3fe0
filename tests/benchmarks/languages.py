"""Start of scripts whose packages are installed, against bare interpreters."""

import asyncio
import os
import statistics
import sys
import time
import venv
from collections.abc import Mapping
from pathlib import Path

import attrs

from stroem.definitions.action import Action
from stroem.testing.runner_conformance import CollectedOutput, make_order
from stroem_shell.runner import ShellRunner
from tests.benchmarks.bench import Bench
from tests.benchmarks.table import Row, at_most
from tests.support.npm_registry import NpmRegistry, npm_registry
from tests.support.wheels import add_wheel

NAME = "languages"
RUNS, WARM_UPS = 40, 5
TARGET_MS = 60
_PROGRAMS = Path(sys.executable).parent


@attrs.frozen(kw_only=True)
class Language:
    """A script without packages by its bare program, one with them, and where these come from."""

    title: str
    action: Action
    bare: tuple[str, ...]
    source: str
    env: Mapping[str, str]


async def measure(bench: Bench) -> list[Row]:
    """Milliseconds of a step by the runner `local`, its `dependencies` cached, above its bare program; they take turns.

    Both Pythons are of virtual environments: that of the system may load what is installed there.
    """
    folder = bench.folder(NAME)
    with npm_registry() as registry:
        return [await _row(language, folder) for language in (_python(folder), _javascript(folder, registry))]


def _python(folder: Path) -> Language:
    add_wheel(folder / "index", "1.0", "hello")
    (folder / "bare.py").write_text("print('hello')\n")
    venv.create(folder / "bare", with_pip=False)
    script = "import greeting\nprint(greeting.TEXT)\n"
    return Language(
        title="Python",
        action=Action(type="script", script=script, language="python", dependencies=("greeting==1.0",)),
        bare=(str(folder / "bare" / "bin" / "python"), str(folder / "bare.py")),
        source="a folder",
        env={
            "PATH": f"{Path(sys.executable).resolve().parent}:{os.defpath}",
            "UV_CACHE_DIR": str(folder / "uv"),
            "UV_FIND_LINKS": str(folder / "index"),
            "UV_NO_INDEX": "1",
            "UV_OFFLINE": "1",
        },
    )


def _javascript(folder: Path, registry: NpmRegistry) -> Language:
    registry.add("greeting", "1.0.0", "exports.TEXT = 'hello'")
    (folder / "bare.js").write_text("console.log('hello')\n")
    script = "console.log(require('greeting').TEXT)\n"
    return Language(
        title="JavaScript",
        action=Action(
            type="script",
            script=script,
            language="javascript",
            interpreter=str(_PROGRAMS / "node"),
            dependencies=("greeting@1.0.0",),
        ),
        bare=(str(_PROGRAMS / "node"), str(folder / "bare.js")),
        source="a registry on loopback",
        env={
            "PATH": f"{_PROGRAMS}:{os.defpath}",
            "HOME": str(folder),
            "npm_config_cache": str(folder / "npm"),
            "npm_config_registry": registry.address,
        },
    )


async def _row(language: Language, folder: Path) -> Row:
    first = await _step_ms(language, folder)
    bare, cached = list[float](), list[float]()
    for number in range(WARM_UPS + RUNS):
        took = (await _bare_ms(language), await _step_ms(language, folder))
        if number >= WARM_UPS:
            bare.append(took[0])
            cached.append(took[1])
    bare_ms, cached_ms = statistics.median(bare), statistics.median(cached)
    above = cached_ms - bare_ms
    return Row(
        line=f"{language.title} script with cached dependencies, above a bare start",
        figure=f"{above:.1f} ms",
        limit=f"{bare_ms:.1f} ms bare",
        ratio=f"{cached_ms / bare_ms:.2f}x",
        target=f"{TARGET_MS} ms",
        verdict=at_most(above, TARGET_MS),
        values={"above_ms": above, "bare_ms": bare_ms, "cached_ms": cached_ms, "first_ms": first},
        notes=(f"the first run, which installs them from {language.source}: {first:.0f} ms",),
    )


async def _bare_ms(language: Language) -> float:
    begun = time.perf_counter()
    process = await asyncio.create_subprocess_exec(*language.bare, stdout=asyncio.subprocess.PIPE)
    printed, _ = await process.communicate()
    assert printed == b"hello\n"
    return (time.perf_counter() - begun) * 1000


async def _step_ms(language: Language, folder: Path) -> float:
    order = make_order(folder, f"step-{time.monotonic_ns()}", language.action)
    order = attrs.evolve(order, env={**order.env, "XDG_CACHE_HOME": str(folder / "cache"), **language.env})
    output = CollectedOutput()
    begun = time.perf_counter()
    code = await ShellRunner().run(order, output)
    took = (time.perf_counter() - begun) * 1000
    assert (code, output.data["stdout"]) == (0, b"hello\n"), bytes(output.data["stderr"])
    return took
