"""`stroem server`."""

import asyncio
import logging
from pathlib import Path

import click

from stroem.cli.output.errors import Failure
from stroem.cli.output.output import echo
from stroem.cli.program.logging import keep_out_of_log, log_level, start_log
from stroem.cli.program.process_setup import close_process, quick_imports
from stroem.cli.program.shutdown import on_hangup, stop_requested
from stroem.cli.program.user_files import config_file, config_option
from stroem.files.private import keep_new_files_private

LOGGER = logging.getLogger(__name__)
DEFAULT = "server-config.yaml"


@click.command("server")
@config_option(DEFAULT)
@log_level("info")
def command(config: Path | None, level: str) -> None:
    """Start a server.

    Settings come from a file, and from variables of the environment that go before it: STROEM__DB__URL is
    db.url. What changes in the file takes effect while the server runs, as far as the page of the settings says
    so; SIGHUP has it read at once. A server stops on SIGTERM and SIGINT, a second one ends it at once.

    \b
    Examples:
      stroem server --config server-config.yaml
      STROEM__LISTEN=127.0.0.1:9000 stroem server
    """
    environ = close_process()
    with quick_imports():
        from stroem.cli.program.start_plugins import start_plugins
        from stroem.errors import StroemError
        from stroem.server.serving import serve
        from stroem.settings.loader import SettingsFile, load_server_settings
        from stroem.settings.places import mistakes_placed

    keep_new_files_private()
    start_log(level)
    path = config_file(config, DEFAULT, environ)
    file = SettingsFile(path=path, environ=environ) if path else None
    with mistakes_placed(path, environ):
        settings = load_server_settings(path, environ)
    keep_out_of_log(settings.worker_token)
    if settings.sign_in is None:
        LOGGER.warning("sign-in is off: everybody who reaches %s, by a proxy too, may do everything", settings.listen)

    async def run() -> None:
        with stop_requested() as stop, on_hangup(file.asked.set if file else lambda: None):
            await serve(settings, start_plugins(), stop=stop.event, ready=_print_ready, file=file)

    try:
        asyncio.run(run())
    except StroemError:
        raise
    except Exception as error:
        LOGGER.debug("the server ended", exc_info=error)
        raise Failure(f"The server cannot go on: {error}") from error


def _print_ready(address: str) -> None:
    echo(f"Strøm server is ready: {address}")
