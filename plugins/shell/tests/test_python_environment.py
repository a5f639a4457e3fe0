"""Packages of Python scripts: installed once by uv, shared by steps, bounded."""

import asyncio
import os
import sys
from collections.abc import Mapping
from pathlib import Path

import attrs
import pytest

from stroem.definitions.action import Action
from stroem.interfaces.runner import StepOrder
from stroem.testing.runner_conformance import CollectedOutput, make_order
from stroem_shell.runner import ShellRunner
from tests.support.wheels import add_wheel


@attrs.frozen
class Site:
    """A home with a cache, and an index that is a folder."""

    folder: Path

    @property
    def environments(self) -> list[Path]:
        cache = self.folder / "cache" / "stroem-environments"
        return sorted(cache.iterdir()) if cache.is_dir() else []

    def order(self, name: str, *dependencies: str, script: str = "import greeting; print(greeting.TEXT)") -> StepOrder:
        action = Action(type="script", script=script, language="python", dependencies=dependencies)
        order = make_order(self.folder, name, action)
        return attrs.evolve(order, env={**order.env, **self.variables})

    @property
    def variables(self) -> Mapping[str, str]:
        return {
            "XDG_CACHE_HOME": str(self.folder / "cache"),
            "UV_CACHE_DIR": str(self.folder / "uv"),
            "UV_FIND_LINKS": str(self.folder / "index"),
            "UV_NO_INDEX": "1",
            "UV_OFFLINE": "1",
            "PATH": f"{Path(sys.executable).parent}:{os.defpath}",
        }


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """A site with two versions of a package."""
    for version in ("1.0", "2.0"):
        add_wheel(tmp_path / "index", version, f"hello {version}")
    return Site(tmp_path)


async def run(order: StepOrder, runner: ShellRunner | None = None) -> tuple[int, str, str]:
    output = CollectedOutput()
    code = await (runner or ShellRunner()).run(order, output)
    return code, output.data["stdout"].decode(), output.data["stderr"].decode()


async def test_packages_are_installed_once_and_never_into_the_workspace(site: Site) -> None:
    order = site.order("first", "greeting==1.0")
    before = sorted(order.directory.iterdir())
    assert await run(order) == (0, "hello 1.0\n", "Installing greeting==1.0\n")
    assert [file.name for file in sorted(order.directory.iterdir()) if file not in before] == ["stroem_script.py"]
    (environment,) = site.environments
    assert await run(site.order("second", "greeting==1.0")) == (0, "hello 1.0\n", "")
    assert site.environments == [environment]


async def test_each_set_of_packages_has_its_environment(site: Site) -> None:
    assert (await run(site.order("one", "greeting==1.0")))[1] == "hello 1.0\n"
    assert (await run(site.order("two", "greeting>=1")))[1] == "hello 2.0\n"
    assert len(site.environments) == 2


async def test_another_index_is_another_environment(site: Site) -> None:
    await run(site.order("one", "greeting==1.0"))
    add_wheel(site.folder / "other", "1.0", "from elsewhere")
    order = site.order("two", "greeting==1.0")
    order = attrs.evolve(
        order,
        env={**order.env, "UV_FIND_LINKS": str(site.folder / "other"), "UV_CACHE_DIR": str(site.folder / "uv2")},
    )
    assert (await run(order))[1] == "from elsewhere\n"


async def test_steps_that_begin_at_once_share_the_environment_that_is_ready_first(site: Site) -> None:
    found = await asyncio.gather(*(run(site.order(f"step{number}", "greeting==1.0")) for number in range(4)))
    assert [one[:2] for one in found] == [(0, "hello 1.0\n")] * 4
    assert len(site.environments) == 1


async def test_a_file_is_a_package_of_its_step_alone(site: Site) -> None:
    wheel = add_wheel(site.folder / "own", "3.0", "of the file")
    assert (await run(site.order("one", str(wheel))))[1] == "of the file\n"
    assert site.environments == []


async def test_the_environments_that_were_not_used_for_longest_are_removed_unless_they_are_in_use(site: Site) -> None:
    runner = ShellRunner(environments_bytes=1)
    gate = site.folder / "gate"
    os.mkfifo(gate)
    waits = f"import greeting; open({str(gate)!r}).read(); print(greeting.TEXT)"
    running = asyncio.create_task(run(site.order("busy", "greeting==1.0", script=waits), runner))
    descriptor = await asyncio.to_thread(os.open, gate, os.O_WRONLY)  # it has begun
    (busy,) = site.environments
    await run(site.order("idle", "greeting==2.0"), runner)
    (idle,) = [one for one in site.environments if one != busy]
    for one in (busy, idle):
        os.utime(one / "used", (0, 0))  # what was used within a minute stays in any case
    await run(site.order("next", "greeting>1"), runner)
    assert busy in site.environments
    assert idle not in site.environments
    assert len(site.environments) == 2
    os.close(descriptor)
    assert (await running)[:2] == (0, "hello 1.0\n")


async def test_packages_that_are_not_there_fail_the_step_and_leave_nothing(site: Site) -> None:
    code, printed, told = await run(site.order("one", "greeting==9"))
    assert code != 0
    assert printed == ""
    assert "greeting==9" in told
    assert told.endswith("The dependencies cannot be installed.\n")
    assert site.environments == []


async def test_the_interpreter_is_the_one_of_the_environment(site: Site) -> None:
    order = site.order("one", "greeting==1.0", script="import sys, greeting; print(sys.prefix, sys.argv[1:])")
    own = attrs.evolve(order.action, interpreter=sys.executable, args=("a b", "c"))
    code, printed, told = await run(attrs.evolve(order, action=own))
    assert code == 0, told
    (environment,) = site.environments
    assert printed == f"{environment} ['a b', 'c']\n"


async def test_steps_that_remove_environments_at_the_same_time_do_not_fail(site: Site) -> None:
    runner = ShellRunner(environments_bytes=1)
    orders = [site.order(f"s{n}", "greeting") for n in range(6)]
    orders = [attrs.evolve(one, env={**one.env, "UV_NAME": str(n)}) for n, one in enumerate(orders)]
    ended = await asyncio.gather(*(run(one, runner) for one in orders))
    assert [code for code, _, _ in ended] == [0] * 6


async def test_an_environment_that_a_step_has_damaged_is_made_again(site: Site) -> None:
    damages = "import os, sys; os.unlink(sys.executable)"
    assert (await run(site.order("first", "greeting", script=damages)))[0] == 0
    assert (await run(site.order("second", "greeting")))[:2] == (0, "hello 2.0\n")
    assert len(site.environments) == 1


async def test_what_killed_steps_have_left_unfinished_is_removed_after_a_day(site: Site) -> None:
    await run(site.order("first", "greeting"))
    parent = site.environments[0].parent
    for name in (".new-1-old", ".gone-old", ".new-2-fresh"):
        (parent / name).mkdir()
        if name.endswith("old"):
            os.utime(parent / name, (0, 0))
    await run(site.order("second", "greeting==1.0"))
    assert [one.name for one in site.environments if one.name.startswith(".")] == [".new-2-fresh"]


async def test_a_wheel_of_the_workspace_is_a_package_of_its_step_alone(site: Site) -> None:
    order = site.order("first", "greeting-1.0-py3-none-any.whl")
    await run(order)
    assert site.environments == []
