"""The embedded PostgreSQL after its users were killed."""

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from stroem.store.embedded import EmbeddedPostgres

USER = """
import os, pathlib, signal, sys
from stroem.store.embedded import EmbeddedPostgres
EmbeddedPostgres(pathlib.Path(sys.argv[1])).start()
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def data() -> Iterator[Path]:
    """A folder that PostgreSQL's own user may reach; pytest's folders are closed to it."""
    with tempfile.TemporaryDirectory(prefix="stroem-pg-", ignore_cleanup_errors=True) as folder:
        yield Path(folder) / "data"


@pytest.mark.parametrize("users", [None, "", "[1"])
def test_it_stops_with_the_user_that_came_after_a_killed_one(data: Path, users: str | None) -> None:
    killed = subprocess.run([sys.executable, "-c", USER, str(data)], check=False)
    assert killed.returncode == -9
    first = (data / "postmaster.pid").read_text().splitlines()[0]
    if users is not None:
        (data / ".handle_pids.json").write_text(users)
    server = EmbeddedPostgres(data)
    server.start()
    assert Path("/proc", first).exists()
    assert (data / "postmaster.pid").read_text().splitlines()[0] == first
    server.stop()
    assert not (data / "postmaster.pid").exists()
