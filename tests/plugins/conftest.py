"""A plugin of somebody else, installed as such."""

import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path

import pytest


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


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory of installed distributions with the greeter plugin, from a folder outside of the repository."""
    folder = tmp_path_factory.mktemp("elsewhere")
    shutil.copytree(Path(__file__).with_name("greeter"), folder / "stroem-greeter")
    command = [*installer(), "--quiet", "--no-deps", "--target", str(folder / "site"), str(folder / "stroem-greeter")]
    subprocess.run(command, check=True)
    return folder / "site"
