"""Packages of scripts in JavaScript and TypeScript: installed once by npm or bun, shared by steps, bounded."""

import asyncio
import contextlib
import os
import shutil
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import attrs
import pytest

from stroem.definitions.action import Action
from stroem.interfaces.runner import RunnerFailed, StepOrder
from stroem.testing.runner_conformance import CollectedOutput, make_order
from stroem_shell.runner import ShellRunner
from tests.support.npm_registry import NpmRegistry, npm_registry
from tests.support.wheels import add_wheel

PROGRAMS = str(Path(sys.executable).parent)
COMMON = "console.log(require('greeting').TEXT, process.argv.slice(2))"
TYPED = "import greeting from 'greeting'; const text: string = greeting.TEXT; console.log(text)"


@attrs.frozen
class Site:
    """A home with a cache, and a registry."""

    folder: Path
    registry: NpmRegistry

    @property
    def environments(self) -> list[Path]:
        cache = self.folder / "cache" / "stroem-environments"
        return sorted(cache.iterdir()) if cache.is_dir() else []

    def order(self, name: str, *dependencies: str, script: str = COMMON, **fields: object) -> StepOrder:
        asked = {"language": "javascript", "dependencies": dependencies, **fields}
        action = Action(type="script", script=script, **asked)  # type: ignore[arg-type]
        order = make_order(self.folder, name, action)
        return attrs.evolve(order, env={**order.env, **self.variables})

    @property
    def variables(self) -> Mapping[str, str]:
        return {
            "HOME": str(self.folder),
            "XDG_CACHE_HOME": str(self.folder / "cache"),
            "npm_config_cache": str(self.folder / "npm"),
            "npm_config_registry": self.registry.address,
            "npm_config_fetch_retries": "0",
            "BUN_CONFIG_REGISTRY": self.registry.address,
            "BUN_INSTALL_CACHE_DIR": str(self.folder / "bun"),
            "PATH": f"{PROGRAMS}:/usr/bin:/bin",
        }


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """A site with two versions of a package."""
    with npm_registry() as registry:
        for version in ("1.0.0", "2.0.0"):
            registry.add("greeting", version, f"exports.TEXT = 'hello {version}'")
        yield Site(tmp_path, registry)


async def run(order: StepOrder, runner: ShellRunner | None = None) -> tuple[int, str, str]:
    output = CollectedOutput()
    code = await (runner or ShellRunner()).run(order, output)
    return code, output.data["stdout"].decode(), output.data["stderr"].decode()


async def test_packages_are_installed_once_and_never_into_the_workspace(site: Site) -> None:
    order = site.order("first", "greeting@1.0.0", args=("a b",))
    assert await run(order) == (0, "hello 1.0.0 [ 'a b' ]\n", "Installing greeting@1.0.0\n")
    assert list(order.directory.iterdir()) == []
    (environment,) = site.environments
    asked = list(site.registry.requests)
    assert asked
    assert await run(site.order("second", "greeting@1.0.0")) == (0, "hello 1.0.0 []\n", "")
    assert site.environments == [environment]
    assert site.registry.requests == asked


@pytest.mark.parametrize(
    ("fields", "script"),
    [
        ({}, "import greeting from 'greeting'; console.log(greeting.TEXT)"),
        ({}, "console.log((await import('greeting')).default.TEXT)"),
        ({"language": "typescript"}, TYPED),
        ({"language": "typescript", "interpreter": "node"}, TYPED),
        ({"interpreter": f"{PROGRAMS}/node"}, "console.log(require('greeting').TEXT)"),
    ],
)
async def test_modules_of_both_kinds_and_types(site: Site, fields: dict[str, object], script: str) -> None:
    code, printed, told = await run(site.order("one", "greeting@^1.0", script=script, **fields))
    assert (code, printed, told) == (0, "hello 1.0.0\n", "Installing greeting@^1.0\n")


async def test_a_script_starts_in_its_workspace(site: Site) -> None:
    script = "require('greeting'); console.log(process.cwd(), require('fs').readFileSync('data', 'utf8'))"
    order = site.order("one", "greeting", script=script)
    (order.directory / "data").write_text("of the workspace")
    assert (await run(order))[:2] == (0, f"{order.directory} of the workspace\n")


async def test_settings_of_the_workspace_do_not_say_where_packages_come_from(site: Site) -> None:
    order = site.order("one", "greeting")
    for name, text in (
        (".npmrc", "registry=http://127.0.0.1:9/"),
        ("package.json", '{"dependencies": {"missing": "1"}}'),
    ):
        (order.directory / name).write_text(text)
    order = attrs.evolve(order, env={name: value for name, value in order.env.items() if name != "npm_config_registry"})
    (site.folder / ".npmrc").write_text(f"registry={site.registry.address}\n")  # that of the user does
    assert (await run(order))[:2] == (0, "hello 2.0.0 []\n")


async def test_each_set_of_packages_and_each_registry_has_its_environment(site: Site) -> None:
    site.registry.add("@team/other", "1.2.0", "exports.TEXT = 'of a team'", dependencies={"greeting": "^1.0.0"})
    assert (await run(site.order("one", "greeting@1.0.0")))[1] == "hello 1.0.0 []\n"
    assert (await run(site.order("two", "greeting@>=1 <3")))[1] == "hello 2.0.0 []\n"
    both = "console.log(require('@team/other').TEXT, require('greeting').TEXT)"
    assert (await run(site.order("three", "@team/other@^1", script=both)))[1] == "of a team hello 1.0.0\n"
    assert len(site.environments) == 3
    with npm_registry() as other:
        other.add("greeting", "1.0.0", "exports.TEXT = 'from elsewhere'")
        order = site.order("four", "greeting@1.0.0")
        order = attrs.evolve(order, env={**order.env, "npm_config_registry": other.address})
        assert (await run(order))[1] == "from elsewhere []\n"


async def test_the_operator_passes_on_where_packages_come_from(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("npm_config_registry", site.registry.address)
    order = site.order("one", "greeting")
    order = attrs.evolve(order, env={name: value for name, value in order.env.items() if name != "npm_config_registry"})
    runner = ShellRunner(pass_env=("npm_config_*",))
    assert (await run(order, runner))[:2] == (0, "hello 2.0.0 []\n")


async def test_steps_that_begin_at_once_make_one_environment(site: Site) -> None:
    site.registry.open.clear()
    first = asyncio.create_task(run(site.order("first", "greeting@1.0.0")))
    await site.registry.until_asked()
    outputs = [CollectedOutput(), CollectedOutput()]
    others = [
        asyncio.create_task(ShellRunner().run(site.order(f"step{number}", "greeting@1.0.0"), output))
        for number, output in enumerate(outputs)
    ]
    for output in outputs:
        await output.until("stderr", b"Waiting for another step")
    site.registry.open.set()
    assert (await first)[:2] == (0, "hello 1.0.0 []\n")
    assert await asyncio.gather(*others) == [0, 0]
    assert [bytes(output.data["stdout"]) for output in outputs] == [b"hello 1.0.0 []\n"] * 2
    assert len(site.environments) == 1
    assert sorted(site.registry.requests) == ["greeting", "greeting/-/1.0.0.tgz"]


async def test_a_killed_installation_is_never_used(site: Site) -> None:
    site.registry.open.clear()
    killed = asyncio.create_task(run(site.order("killed", "greeting@1.0.0")))
    await site.registry.until_asked()
    killed.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await killed
    assert [one.name for one in site.environments if not one.name.startswith(".")] == []
    site.registry.open.set()
    assert (await run(site.order("next", "greeting@1.0.0")))[:2] == (0, "hello 1.0.0 []\n")
    assert len([one for one in site.environments if not one.name.startswith(".")]) == 1


async def test_environments_of_all_languages_are_removed_together_unless_they_are_in_use(site: Site) -> None:
    runner = ShellRunner(environments_bytes=1)
    gate = site.folder / "gate"
    os.mkfifo(gate)
    waits = f"require('greeting'); require('fs').readFileSync({str(gate)!r}); console.log('done')"
    running = asyncio.create_task(run(site.order("busy", "greeting@1.0.0", script=waits), runner))
    descriptor = await asyncio.to_thread(os.open, gate, os.O_WRONLY)  # it has begun
    (busy,) = site.environments
    await run(site.order("idle", "greeting@2.0.0"), runner)
    (idle,) = [one for one in site.environments if one != busy]
    for one in (busy, idle):
        os.utime(one / "used", (0, 0))  # what was used within a minute stays in any case
    add_wheel(site.folder / "index", "1.0", "hello from Python")
    order = site.order("next", "greeting", language="python", script="import greeting; print(greeting.TEXT)")
    sources = {"UV_FIND_LINKS": str(site.folder / "index"), "UV_NO_INDEX": "1", "UV_OFFLINE": "1"}
    assert (await run(attrs.evolve(order, env={**order.env, **sources}), runner))[1] == "hello from Python\n"
    assert busy in site.environments
    assert idle not in site.environments
    assert len(site.environments) == 2
    os.close(descriptor)
    assert (await running)[:2] == (0, "done\n")


async def test_packages_that_are_not_there_fail_the_step_and_leave_nothing(site: Site) -> None:
    code, printed, told = await run(site.order("one", "greeting@9"))
    assert code != 0
    assert printed == ""
    assert "greeting@9" in told
    assert told.endswith("The dependencies cannot be installed.\n")
    assert site.environments == []


async def test_an_environment_that_a_step_has_damaged_is_made_again(site: Site) -> None:
    damages = "require('fs').rmSync(require('path').join(require.resolve('greeting'), '../..'), {recursive: true})"
    assert (await run(site.order("first", "greeting", script=damages)))[0] == 0
    assert (await run(site.order("second", "greeting")))[:2] == (0, "hello 2.0.0 []\n")
    assert len(site.environments) == 1


async def test_what_packages_do_at_their_installation_is_done_and_is_not_the_output_of_the_step(site: Site) -> None:
    files = {"make.js": "require('fs').writeFileSync('made.js', 'exports.NODE = ' + JSON.stringify(process.execPath))"}
    text = "module.exports = require('./made.js')"
    site.registry.add("native", "1.0.0", text, files=files, scripts={"install": "node make.js; echo loud"})
    script = "console.log(require('native').NODE === process.execPath)"
    assert await run(site.order("one", "native", script=script)) == (0, "true\n", "Installing native\n")


async def test_no_installer_on_the_path_is_told(site: Site, tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    order = site.order("one", "greeting")
    order = attrs.evolve(order, env={**order.env, "PATH": str(tmp_path / "bin")})
    with pytest.raises(RunnerFailed, match="need bun, or node with npm"):
        await run(order)
    (tmp_path / "bin" / "node").symlink_to(f"{PROGRAMS}/node")
    with pytest.raises(RunnerFailed, match="need bun, or node with npm"):
        await run(order)


async def test_bun_installs_packages_where_it_is(site: Site) -> None:
    if (bun := shutil.which("bun")) is None:
        pytest.skip("bun is not on this machine: its installation of packages is not tested")
    order = site.order("one", "greeting@1.0.0", interpreter=bun, language="typescript", script=TYPED, args=("x",))
    assert (await run(order))[:2] == (0, "hello 1.0.0\n")
    assert list(order.directory.iterdir()) == []
    asked = list(site.registry.requests)
    again = site.order("two", "greeting@1.0.0", interpreter=bun, script=COMMON, args=("x",))
    assert await run(again) == (0, 'hello 1.0.0 [ "x" ]\n', "")
    assert site.registry.requests == asked
