"""Packages of scripts in containers, installed by what the image has."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import attrs
import pytest

from stroem.containers.command import script_command
from stroem.containers.places import SCRATCH
from stroem.definitions.action import Action
from stroem.interfaces.runner import RunnerFailed
from stroem.testing.runner_conformance import make_order
from tests.support.npm_registry import NpmRegistry, npm_registry
from tests.support.wheels import add_wheel

SCRIPT = "import greeting, sys; print(greeting.TEXT, sys.argv[1:])"
MODULE = "console.log(require('greeting').TEXT, process.argv.slice(2))"
PROGRAMS = Path(sys.executable).parent


def words_of(folder: Path, **fields: object) -> list[str]:
    """The command line, for folders of this machine in place of those of a container."""
    action = Action(type="script", args=("a b",), **{"script": SCRIPT, **fields})  # type: ignore[arg-type]
    order = make_order(folder, "area", action)
    command = script_command(order)
    assert command.file is not None
    is_beside = command.file.path.is_relative_to(SCRATCH)
    file = (order.scratch if is_beside else order.directory) / command.file.path.name
    file.write_text(command.file.text)
    places = {f"d={SCRATCH}/": f"d={order.scratch}/", str(command.file.path): str(file)}
    for here, there in places.items():
        command = attrs.evolve(command, words=[word.replace(here, there) for word in command.words])
    return command.words


def run(words: list[str], path: str, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(words, env={"PATH": path, **env}, capture_output=True, text=True, check=False)


@pytest.fixture
def tools(tmp_path: Path) -> Path:
    """A folder for the programs of the image: at first the shell's own helpers alone."""
    folder = tmp_path / "tools"
    folder.mkdir()
    for program in ("mkdir", "sh"):
        (folder / program).symlink_to(f"/bin/{program}")
    return folder


def test_uv_of_the_image_installs_packages_into_the_scratch_folder(tmp_path: Path, tools: Path) -> None:
    add_wheel(tmp_path / "index", "1.0", "hello")
    (tools / "uv").symlink_to(Path(sys.executable).parent / "uv")
    words = words_of(tmp_path, language="python", dependencies=("greeting >= 1",), interpreter=sys.executable)
    done = run(words, str(tools), UV_FIND_LINKS=str(tmp_path / "index"), UV_NO_INDEX="1", UV_OFFLINE="1")
    assert (done.returncode, done.stdout) == (0, "hello ['a b']\n"), done.stderr


def test_an_image_without_installers_says_so(tmp_path: Path, tools: Path) -> None:
    (tools / "python3").write_text("#!/bin/sh\nexit 1\n")
    (tools / "python3").chmod(0o755)
    done = run(words_of(tmp_path, language="python", dependencies=("greeting",)), str(tools))
    assert done.returncode == 127
    assert done.stderr == (
        "The image has neither uv nor pip, which install dependencies: use one that has, or that has the packages.\n"
    )


def test_an_image_without_python_says_so(tmp_path: Path, tools: Path) -> None:
    done = run(words_of(tmp_path, language="python", dependencies=("greeting",)), str(tools))
    assert (done.returncode, done.stderr) == (127, "The image has no python3 or python.\n")


def test_pip_of_the_image_is_asked_for_the_same(tmp_path: Path, tools: Path) -> None:
    python = tools / "python3"
    python.write_text('#!/bin/sh\n[ "$1" = -m ] && { echo "$*"; exit 0; }\necho "$PYTHONPATH $*"\n')
    python.chmod(0o755)
    done = run(words_of(tmp_path, language="python", dependencies=("greeting==1.0", "rich")), str(tools))
    installed, started = done.stdout.splitlines()
    assert installed.startswith("-m pip install ")
    folder = installed.partition("--target ")[2].partition(" ")[0]
    assert (Path(folder).parent / "wanted").read_text() == "greeting==1.0\nrich\n"
    assert started.startswith(f"{folder} ")
    assert started.endswith("stroem_script.py a b")


@pytest.fixture
def registry() -> Iterator[NpmRegistry]:
    """A registry with a package."""
    with npm_registry() as registry:
        registry.add("greeting", "1.2.0", "exports.TEXT = 'hello'")
        yield registry


@pytest.mark.parametrize("fields", [{}, {"language": "typescript"}, {"interpreter": "node"}])
def test_npm_of_the_image_installs_packages_beside_the_script(
    tmp_path: Path, tools: Path, registry: NpmRegistry, fields: dict[str, object]
) -> None:
    for program, folder in {"ln": Path("/bin"), "npm": PROGRAMS, "node": PROGRAMS}.items():
        (tools / program).symlink_to(folder / program)
    asked = {"language": "javascript", "dependencies": ("greeting@>=1 <2",), "script": MODULE, **fields}
    words = words_of(tmp_path, **asked)
    done = run(words, str(tools), npm_config_registry=registry.address, HOME=str(tmp_path))
    assert (done.returncode, done.stdout, done.stderr) == (0, "hello [ 'a b' ]\n", "")
    assert list((tmp_path / "area" / "work").iterdir()) == []


def test_packages_that_are_not_there_fail_the_step(tmp_path: Path, tools: Path, registry: NpmRegistry) -> None:
    for program, folder in {"ln": Path("/bin"), "npm": PROGRAMS, "node": PROGRAMS}.items():
        (tools / program).symlink_to(folder / program)
    words = words_of(tmp_path, language="javascript", dependencies=("greeting@9",), script=MODULE)
    done = run(words, str(tools), npm_config_registry=registry.address, HOME=str(tmp_path))
    assert (done.returncode, done.stdout) == (1, "")
    assert "greeting@9" in done.stderr


@pytest.mark.parametrize("fields", [{"language": "typescript"}, {"interpreter": "bun"}])
def test_bun_of_the_image_is_asked_for_the_same(tmp_path: Path, tools: Path, fields: dict[str, object]) -> None:
    (tools / "ln").symlink_to("/bin/ln")
    bun = tools / "bun"
    bun.write_text('#!/bin/sh\nprintf "%s|" "$@" >&2\necho >&2\n')
    bun.chmod(0o755)
    asked = {"language": "javascript", "dependencies": ("greeting@>=1 <2", "@team/own@*"), **fields}
    done = run(words_of(tmp_path, **asked), str(tools))
    installed, started = done.stderr.splitlines()
    assert installed.startswith("add|--cwd|")
    assert installed.endswith("|greeting@>=1 <2|@team/own@*|")
    assert started.startswith("run|")
    assert started.endswith("|a b|")


@pytest.mark.parametrize(
    ("fields", "needed"), [({}, "bun, or npm and node"), ({"interpreter": "tsx"}, "tsx, and npm beside it")]
)
def test_an_image_that_cannot_install_for_javascript_says_so(
    tmp_path: Path, tools: Path, fields: dict[str, object], needed: str
) -> None:
    for program, folder in {"ln": Path("/bin"), "node": PROGRAMS}.items():
        (tools / program).symlink_to(folder / program)
    done = run(words_of(tmp_path, **{"language": "javascript", "dependencies": ("greeting",), **fields}), str(tools))
    assert done.returncode == 127
    assert needed in done.stderr


def test_dependencies_that_cannot_be_installed_are_refused(tmp_path: Path) -> None:
    with pytest.raises(RunnerFailed, match="scripts in python, javascript and typescript, not in go"):
        words_of(tmp_path, language="go", dependencies=("left-pad",))
