"""`stroem run`."""

import asyncio
import contextlib
import os
import secrets
import sys
import tempfile
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from stroem.cli.client.artifacts import download_artifact
from stroem.cli.client.start_job import JobRequest, dry_run, job_request, start_job, watch_to_last
from stroem.cli.client.task_input import input_options
from stroem.cli.output import exit_codes
from stroem.cli.output.dry_run import print_dry_run
from stroem.cli.output.errors import Failure, Refused
from stroem.cli.output.job_view import view_for
from stroem.cli.output.output import counted, echo, one_line
from stroem.cli.program.logging import log_level, start_log
from stroem.cli.program.options import Address, json_output, no_cache_option
from stroem.cli.program.process_setup import close_process
from stroem.cli.program.shutdown import stop_requested
from stroem.files.private import keep_new_files_private

if TYPE_CHECKING:
    from stroem.cli.client.ask_approvals import ApprovalAsker
    from stroem.cli.client.client import Client
    from stroem.cli.local.standalone_options import StandaloneOptions
    from stroem.cli.output.job_view import JobView

WORKSPACE = "default"


@click.command("run")
@click.argument("task")
@input_options
@no_cache_option
@click.option(
    "--path",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=".",
    show_default=True,
    help="Folder of the workspace.",
)
@click.option("--dry-run", "is_dry", is_flag=True, help="Show what the job would do, and run nothing.")
@click.option(
    "--artifacts", type=click.Path(path_type=Path), metavar="DIR", help="Folder for the artifacts of the job."
)
@json_output
@log_level("warning")
def command(
    task: str,
    pairs: tuple[str, ...],
    input_json: str | None,
    input_file: str | None,
    no_cache: bool,
    path: Path,
    is_dry: bool,
    artifacts: Path | None,
    as_json: bool,
    level: str,
) -> None:
    """Run one task here and now, without a server standing by.

    A database, a server and a worker are started for this one job and removed after it, so that it runs as it
    will in production. Approvals are asked for at the terminal. The exit code is the job's: 0 completed, 1 failed,
    3 cancelled. Ctrl-C cancels the job.

    \b
    Examples:
      stroem run hello name=Ada
      stroem run deploy --path workspaces/billing --input '{"version": "1.4"}'
    """
    environ = close_process()
    request = job_request(WORKSPACE, task, pairs, input_json, input_file, no_cache=no_cache)
    keep_new_files_private()
    start_log(level)
    _refuse_mistakes(path)
    from stroem.cli.local.standalone_options import StandaloneOptions  # not for --help

    with tempfile.TemporaryDirectory(prefix="stroem-run-", ignore_cleanup_errors=True) as folder:
        options = StandaloneOptions(
            data_dir=Path(folder),
            worker_token=secrets.token_urlsafe(32),
            workspaces={WORKSPACE: path.absolute()},
            environ=environ,
        )
        code = asyncio.run(_run(options, request, artifacts, is_dry=is_dry, as_json=as_json))
    _exit(code)


def _exit(code: int) -> None:
    """Ends the program. Where a thread reads the standard input, Python itself cannot end in order."""
    from stroem.cli.client.ask_approvals import is_asking

    if is_asking():
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    sys.exit(code)


def _refuse_mistakes(path: Path) -> None:
    """Raises `Failure` with all mistakes of the workspace, before anything is started."""
    from stroem.cli.local.workspace_folder import problems_of
    from stroem.cli.output.problems import print_problems

    errors = [problem for problem in problems_of(path) if problem.severity == "error"]
    print_problems(errors, err=True)
    if errors:
        raise Failure(f"The workspace has {counted(len(errors), 'mistake')}; nothing was run.")


async def _run(
    options: "StandaloneOptions", request: JobRequest, artifacts: Path | None, *, is_dry: bool, as_json: bool
) -> int:
    from stroem.cli.client.client import Client
    from stroem.cli.local.standalone import standalone

    with stop_requested() as stop:
        async with standalone(options, stop) as running, Client(Address(running.address)) as client:
            if stop.event.is_set():
                return exit_codes.INTERRUPTED
            if is_dry:
                print_dry_run(await dry_run(client, request), as_json=as_json)
                return exit_codes.OK
            job_id = (await start_job(client, request))["job_id"]
            return await watch_to_last(
                client,
                job_id,
                partial(view_for, as_json=as_json),
                as_json=as_json,
                around=partial(_attended, stop.event, artifacts, client),
            )


@contextlib.asynccontextmanager
async def _attended(
    stop: asyncio.Event, artifacts: Path | None, client: "Client", job_id: str, view: "JobView"
) -> AsyncIterator[None]:
    """A context in which approvals are asked for, and a request to stop cancels a job.

    At its end the artifacts of the job are kept.
    """
    from stroem.cli.client.ask_approvals import ApprovalAsker

    beside = [
        asyncio.create_task(_cancel_on(stop, client, job_id)),
        asyncio.create_task(_ask(ApprovalAsker(client, view.asking), stop)),
    ]
    try:
        yield
    finally:
        for task in beside:
            task.cancel()
    await _keep_artifacts(client, job_id, artifacts)


async def _keep_artifacts(client: "Client", job_id: str, folder: Path | None) -> None:
    """Writes the artifacts of a job to a folder; without one, tells that they are not kept."""
    found = await client.get("jobs", job_id, "artifacts")
    if folder is None:
        if found:
            echo(f"{counted(len(found), 'artifact')} not kept; give --artifacts DIR to keep such files", err=True)
        return
    for one in found:
        await download_artifact(client, job_id, one, folder)
        echo(f"Artifact: {one_line(str(folder / one['name']))}", err=True)


async def _ask(asker: "ApprovalAsker", stop: asyncio.Event) -> None:
    """Asks for approvals. A question that is interrupted cancels the job."""
    try:
        await asker.run()
    except click.Abort:
        stop.set()
    except Failure as failure:  # the server stops
        failure.show()


async def _cancel_on(stop: asyncio.Event, client: "Client", job_id: str) -> None:
    await stop.wait()
    with contextlib.suppress(Refused):  # it has ended meanwhile
        await client.post("jobs", job_id, "cancel")
