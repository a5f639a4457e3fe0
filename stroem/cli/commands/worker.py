"""`stroem worker`."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

import click

from stroem.cli.output.output import echo
from stroem.cli.program.logging import keep_out_of_log, log_level, start_log
from stroem.cli.program.process_setup import close_process, quick_imports
from stroem.cli.program.shutdown import stop_requested
from stroem.cli.program.user_files import config_file, config_option
from stroem.files.private import keep_new_files_private

if TYPE_CHECKING:
    from stroem.settings.worker import WorkerSettings
    from stroem.worker.worker import Worker

DEFAULT = "worker-config.yaml"


@click.command("worker")
@config_option(DEFAULT)
@log_level("info")
def command(config: Path | None, level: str) -> None:
    """Start a worker.

    Settings come from a file, and from variables of the environment that go before it:
    STROEM__SERVER_URL is server_url. On SIGTERM and SIGINT a worker takes no more steps and ends when those
    it has are done; a second signal ends it at once.

    \b
    Examples:
      stroem worker --config worker-config.yaml
      STROEM__MAX_CONCURRENT=32 stroem worker
    """
    environ = close_process()
    with quick_imports():
        from stroem.cli.program.start_plugins import start_plugins
        from stroem.settings.loader import load_worker_settings
        from stroem.settings.places import mistakes_placed
        from stroem.worker.worker import Worker

    keep_new_files_private()
    start_log(level)
    path = config_file(config, DEFAULT, environ)
    with mistakes_placed(path, environ):
        settings = load_worker_settings(path, environ)
        keep_out_of_log(settings.worker_token, settings.join_token)
        worker = Worker(settings, start_plugins())
    asyncio.run(_run(worker, settings))


async def _run(worker: "Worker", settings: "WorkerSettings") -> None:
    with stop_requested() as stop:
        working, stopped = asyncio.create_task(worker.run()), asyncio.create_task(stop.event.wait())
        registered = asyncio.create_task(worker.registered.wait())
        await asyncio.wait({working, stopped, registered}, return_when=asyncio.FIRST_COMPLETED)
        if registered.done():
            echo(f"Strøm worker {settings.worker_name} works for {settings.server_url}")
        registered.cancel()
        await asyncio.wait({working, stopped}, return_when=asyncio.FIRST_COMPLETED)
        worker.drain()
        await working
        stopped.cancel()
