"""`stroem up`."""

import asyncio
import json
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from stroem.cli.local.data_dir import DataDir, default_data_dir
from stroem.cli.output.output import echo
from stroem.cli.program.logging import keep_out_of_log, log_level, start_log
from stroem.cli.program.options import DEFAULT_URL
from stroem.cli.program.process_setup import close_process
from stroem.cli.program.shutdown import stop_requested
from stroem.files.private import keep_new_files_private

if TYPE_CHECKING:
    from stroem.cli.local.standalone_options import StandaloneOptions

EXAMPLE = Path("workspaces", "example")


@click.command("up")
@click.option(
    "--workspace",
    "workspaces",
    multiple=True,
    metavar="[NAME=]PATH",
    help="Folder of a workspace, several times for several; without a name it is called default.",
)
@click.option(
    "--config",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="File with settings of the server, like workspaces in git; it is watched.",
)
@click.option("--data-dir", type=click.Path(path_type=Path), help="Where everything is kept.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), default=8080, show_default=True, help="0 is any free one.")
@click.option("--max-concurrent", type=click.IntRange(min=1), default=16, show_default=True, help="Steps at a time.")
@click.option("--json", "as_json", is_flag=True, help="Say that it is ready as one line of JSON.")
@log_level("warning")
def command(
    workspaces: tuple[str, ...],
    config: Path | None,
    data_dir: Path | None,
    host: str,
    port: int,
    max_concurrent: int,
    as_json: bool,
    level: str,
) -> None:
    """Start everything on this machine: database, server and worker.

    The workspace is the current folder when it has .workflows, or else workspaces/example. Everything is kept
    in .stroem of the current folder when workflows lie there, or else in the user's data folder; what ran
    before is there again. Settings can be changed by variables, as for a server and a worker.

    \b
    Examples:
      stroem up
      stroem up --workspace ~/deployments --port 9000
      stroem up --config settings.yaml
    """
    begun = time.monotonic()
    environ = close_process()
    from stroem.cli.local.standalone_options import StandaloneOptions  # not for --help

    keep_new_files_private()
    start_log(level)
    folders = workspace_folders(workspaces) if workspaces or config is None else {}
    data = DataDir(data_dir or default_data_dir())
    with data.locked():
        keep_out_of_log(data.worker_token())
        options = StandaloneOptions(
            data_dir=data.path,
            worker_token=data.worker_token(),
            workspaces=folders,
            host=host,
            port=port,
            max_concurrent=max_concurrent,
            config=config,
            environ=environ,
        )
        asyncio.run(_run(options, data, begun, as_json=as_json))


async def _run(options: "StandaloneOptions", data: DataDir, begun: float, *, as_json: bool) -> None:
    from stroem.cli.local.standalone import standalone

    with stop_requested() as stop:
        async with standalone(options, stop) as running:
            data.announce(running.address)
            seconds = time.monotonic() - begun
            if as_json:
                ready = {"event": "ready", "address": running.address, "seconds": round(seconds, 3)}
                echo(json.dumps(ready))
            else:
                _print_ready(options, running.address, seconds, signs_in=running.signs_in)
            await running.run_until(stop.event)


def workspace_folders(given: tuple[str, ...]) -> dict[str, Path]:
    """Folders of workspaces by name; without arguments the current folder or the example."""
    if not given:
        near = next((path for path in (Path(), EXAMPLE) if (path / ".workflows").is_dir()), None)
        if near is None:
            raise click.UsageError(
                "There is no workspace here (no .workflows, no workspaces/example). Name one with --workspace"
            )
        return {"default": near.absolute()}
    folders = {}
    for text in given:
        name, equals, path = text.partition("=")
        if not equals or "/" in name:
            name, path = "default", text
        folder = Path(path).expanduser().absolute()
        if not folder.is_dir():
            raise click.UsageError(f"--workspace {text}: {folder} is no folder")
        if name in folders:
            raise click.UsageError(f"Two workspaces are called {name}; write --workspace NAME=PATH")
        folders[name] = folder
    return folders


def _print_ready(options: "StandaloneOptions", address: str, seconds: float, *, signs_in: bool) -> None:
    echo(f"Strøm is up: {click.style(address, bold=True)}  ({seconds:.1f} s)\n")
    for name, path in options.workspaces.items():
        echo(f"  workspace {name}: {path}")
    if options.config is not None:
        echo(f"  settings: {options.config}")
    echo(f"  data: {options.data_dir}")
    if not signs_in:
        echo("  sign-in: off, whoever reaches this address may do everything")
    echo("\nNow, in another terminal:")
    if address.replace("127.0.0.1", "localhost") != DEFAULT_URL:
        echo(f"  export STROEM_URL={address}")
    if signs_in:
        echo("  stroem login")
    echo("  stroem tasks\n  stroem trigger TASK --follow\n\nCtrl-C stops it.")
