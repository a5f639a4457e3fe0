"""The embedded PostgreSQL after its users were killed, and when several start at once."""

import fcntl
import os
import subprocess
import sys
import tempfile
import threading
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


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, for whom the first start makes a user of the system")
def test_starts_by_root_wait_for_one_another(data: Path) -> None:
    server = EmbeddedPostgres(data)
    start = threading.Thread(target=server.start)
    other = os.open("/etc", os.O_RDONLY)
    fcntl.flock(other, fcntl.LOCK_EX)
    start.start()
    start.join(0.5)
    assert not (data / "PG_VERSION").exists()
    os.close(other)
    start.join()
    assert (data / "postmaster.pid").exists()
    server.stop()
