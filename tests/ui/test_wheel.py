"""The wheel has the built UI, and its server serves it."""

import subprocess
import tempfile
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from stroem.server.ui import built_files
from tests.docs.page import ROOT
from tests.support.programs import Program, environment

UV = ROOT / ".venv" / "uv" / "bin" / "uv"


@pytest.fixture
def open_dir() -> Iterator[Path]:
    """A folder that every user can enter: as root, PostgreSQL runs as another one, from the installed wheel."""
    with tempfile.TemporaryDirectory(prefix="stroem-wheel-", ignore_cleanup_errors=True) as folder:
        path = Path(folder)
        path.chmod(0o755)
        yield path


@pytest.mark.slow("starts and stops whole programs")
def test_an_installed_wheel_serves_the_ui(
    built_ui: None, tmp_path: Path, open_dir: Path, make_data_dir: Callable[[], Path]
) -> None:
    wheels, venv = tmp_path / "wheels", open_dir / "venv"

    def uv(*arguments: str) -> None:
        subprocess.run([UV, *arguments], cwd=ROOT, check=True, capture_output=True)

    uv("build", "--all-packages", "--wheel", "--out-dir", str(wheels))
    uv("venv", str(venv))
    found = map(str, wheels.glob("*.whl"))
    uv("pip", "install", "--python", str(venv / "bin" / "python"), "--constraint", "constraints.txt", *found)
    program = Program(
        *("up", "--json", "--port", "0", "--data-dir", str(make_data_dir())),
        *("--workspace", str(ROOT / "workspaces" / "example")),
        env=environment(HOME=str(tmp_path)),
        cwd=tmp_path,
        program=[venv / "bin" / "stroem"],
    )
    try:
        with urllib.request.urlopen(program.address + "/") as response:
            assert response.read() == (built_files.FOLDER / "index.html").read_bytes()
    finally:
        program.stop()
