"""Database, server and worker in one process, for `stroem up` and `stroem run`."""

import asyncio
import errno
import logging
import os
import signal
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import attrs

from stroem.cli.local.standalone_options import StandaloneOptions
from stroem.cli.output.errors import Failure
from stroem.cli.program.error_exit import reason_of
from stroem.cli.program.logging import keep_out_of_log
from stroem.cli.program.process_setup import quick_imports
from stroem.cli.program.shutdown import StopRequest
from stroem.store.embedded import EmbeddedPostgres

_POLL_SECS = 1.0
_CHOOSE = "Choose another port with --port (0 is any free one)."
_log = logging.getLogger(__name__)


@attrs.frozen
class Standalone:
    """Running server and worker. The worker's task ends early only by a failure. `signs_in` tells that people do."""

    address: str
    worker: asyncio.Task[None]
    signs_in: bool = False

    async def run_until(self, stop: asyncio.Event) -> None:
        """Waits for `stop`. Raises the worker's error if it fails before."""
        stopped = asyncio.create_task(stop.wait())
        await asyncio.wait({stopped, self.worker}, return_when=asyncio.FIRST_COMPLETED)
        stopped.cancel()
        if self.worker.done():
            self.worker.result()


@asynccontextmanager
async def standalone(options: StandaloneOptions, stop: StopRequest) -> AsyncIterator[Standalone]:
    """Starts database, server and worker; ready when workspaces are loaded and the worker is registered.

    Stops in reverse, so that nothing is lost: the worker ends and reports its steps, then the server ends, then the
    database.
    """
    _refuse_taken_port(options)
    async with AsyncExitStack() as stack:
        database_url = await stack.enter_async_context(embedded_database(options.data_dir / "postgres", stop))
        with quick_imports():  # a second and a half, in which the database starts
            from stroem.cli.local import standalone_parts as parts
            from stroem.cli.program.start_plugins import start_plugins

            registry = start_plugins()
        file = parts.settings_file_for(options, await database_url)
        server = parts.server_settings_for(options, await database_url, file)
        address = await stack.enter_async_context(parts.serving(server, registry, file))
        keep_out_of_log(server.worker_token)
        as_server = attrs.evolve(options, worker_token=server.worker_token or options.worker_token)
        worker = parts.worker_settings_for(as_server, registry, address)
        running = await stack.enter_async_context(parts.working(worker, registry))
        await parts.ready(address, running)
        yield Standalone(address, running.task, server.sign_in is not None)


@asynccontextmanager
async def embedded_database(folder: Path, stop: StopRequest) -> AsyncIterator[asyncio.Future[str]]:
    """Runs an embedded PostgreSQL meanwhile; a forced stop ends it too.

    It starts in a thread; the future resolves to its URL.
    """
    database = EmbeddedPostgres(folder)
    stop.on_forced_stop.append(lambda: _end_at_once(database))
    address = asyncio.get_running_loop().run_in_executor(None, database.start)
    keeping = asyncio.create_task(_keep_alive(database))
    try:
        yield address
    finally:
        keeping.cancel()
        await asyncio.gather(address, keeping, return_exceptions=True)
        await asyncio.to_thread(database.stop)


async def _keep_alive(database: EmbeddedPostgres) -> None:
    while True:
        await asyncio.sleep(_POLL_SECS)
        try:
            if await asyncio.to_thread(database.revive):
                _log.warning("PostgreSQL had died; it was started again")
        except Exception:
            _log.exception("PostgreSQL has died and does not start; it is tried again")


def _end_at_once(database: EmbeddedPostgres) -> None:
    if database.pid is not None:
        os.kill(database.pid, signal.SIGQUIT)  # its "immediate shutdown": committed data is kept


def _refuse_taken_port(options: StandaloneOptions) -> None:
    """Raises `Failure` for a port that is in use, before anything is started."""
    with socket.socket(socket.AF_INET6 if ":" in options.host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((options.host, options.port))
        except OSError as error:
            raise Failure(
                f"Cannot listen on {options.host}:{options.port}: {reason_of(error)}.\n{_other_address(error)}"
            ) from error


def _other_address(error: OSError) -> str:
    """Advice for an address that cannot be bound."""
    if isinstance(error, socket.gaierror) or error.errno == errno.EADDRNOTAVAIL:
        return "Name an address of this machine with --host."
    return "Choose another port: make up PORT=8081" if os.environ.get("MAKELEVEL") else _CHOOSE
