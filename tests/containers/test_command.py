"""Packages of Python scripts in containers, installed by what the image has."""

import subprocess
import sys
from pathlib import Path

import attrs
import pytest

from stroem.containers.command import script_command
from stroem.containers.places import SCRATCH, WORKSPACE
from stroem.definitions.action import Action
from stroem.interfaces.runner import RunnerFailed
from stroem.testing.runner_conformance import make_order
from tests.support.wheels import add_wheel

SCRIPT = "import greeting, sys; print(greeting.TEXT, sys.argv[1:])"


def words_of(folder: Path, **fields: object) -> list[str]:
    """The command line, for folders of this machine in place of those of a container."""
    action = Action(type="script", script=SCRIPT, args=("a b",), **fields)  # type: ignore[arg-type]
    order = make_order(folder, "area", action)
    command = script_command(order)
    assert command.file is not None
    (order.directory / command.file.path.name).write_text(command.file.text)
    places = {f"d={SCRATCH}/": f"d={order.scratch}/", f"{WORKSPACE}/": f"{order.directory}/"}
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


def test_dependencies_of_other_languages_are_refused(tmp_path: Path) -> None:
    with pytest.raises(RunnerFailed, match="for python scripts only"):
        words_of(tmp_path, language="javascript", dependencies=("left-pad",))
