"""Third-party plugins, installed as such."""

import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.programs import environment


def installer() -> list[str]:
    """A command that installs distributions, none of which needs the network: uv, or the pip within Python."""
    own = Path(sys.prefix, "uv", "bin", "uv")
    if uv := shutil.which("uv", path=own.parent) or shutil.which("uv"):
        return [uv, "pip", "install", "--offline", "--python", sys.executable]
    if importlib.util.find_spec("pip"):
        pip = ["-m", "pip"]
    else:
        import ensurepip  # Debian's Python lacks it, but brings pip

        [wheel] = Path(ensurepip.__file__).with_name("_bundled").glob("pip-*.whl")
        pip = [str(wheel / "pip")]
    return [sys.executable, *pip, "install", "--no-index", "--disable-pip-version-check", "--root-user-action=ignore"]


def install(name: str, folder: Path) -> Path:
    """A directory of installed distributions with one plugin, from a folder outside of the repository."""
    here = Path(__file__)
    shutil.copytree(here.with_name(name), folder / name)
    shutil.copy(here.with_name("backend.py"), folder / name)
    command = [*installer(), "--quiet", "--no-deps", "--target", str(folder / "site"), str(folder / name)]
    subprocess.run(command, check=True)
    return folder / "site"


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory of installed distributions with the greeter plugin."""
    return install("greeter", tmp_path_factory.mktemp("elsewhere"))


@pytest.fixture(scope="session")
def installed_machine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory of installed distributions with the plugin of the dialect `machine`."""
    return install("machine", tmp_path_factory.mktemp("machine"))


def run_stroem(site: Path, cache: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs the program with the plugins of a directory."""
    env = environment(PYTHONPATH=str(site), XDG_CACHE_HOME=str(cache))
    program = "from stroem.cli.main import main; main()"
    return subprocess.run([sys.executable, "-c", program, *arguments], env=env, capture_output=True, text=True)
