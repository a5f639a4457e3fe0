"""`stroem run`."""

import asyncio
import contextlib
import secrets
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import click

from stroem.cli.client.start_job import JobRequest, job_request, start_job, watch_to_end
from stroem.cli.client.task_input import input_options
from stroem.cli.output import exit_codes
from stroem.cli.output.errors import Failure, Refused
from stroem.cli.output.job_view import view_for
from stroem.cli.output.output import counted
from stroem.cli.program.logging import log_level, start_log
from stroem.cli.program.options import Address, json_output
from stroem.cli.program.process_setup import close_process
from stroem.cli.program.shutdown import stop_requested
from stroem.files.private import keep_new_files_private

if TYPE_CHECKING:
    from stroem.cli.client.ask_approvals import ApprovalAsker
    from stroem.cli.client.client import Client
    from stroem.cli.local.standalone_options import StandaloneOptions

WORKSPACE = "default"


@click.command("run")
@click.argument("task")
@input_options
@click.option(
    "--path",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=".",
    show_default=True,
    help="Folder of the workspace.",
)
@json_output
@log_level("warning")
def command(
    task: str,
    pairs: tuple[str, ...],
    input_json: str | None,
    input_file: str | None,
    path: Path,
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
    request = job_request(WORKSPACE, task, pairs, input_json, input_file)
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
        code = asyncio.run(_run(options, request, as_json=as_json))
    sys.exit(code)


def _refuse_mistakes(path: Path) -> None:
    """Raises `Failure` with all mistakes of the workspace, before anything is started."""
    from stroem.cli.local.workspace_folder import problems_of
    from stroem.cli.output.problems import print_problems

    errors = [problem for problem in problems_of(path) if problem.severity == "error"]
    print_problems(errors, err=True)
    if errors:
        raise Failure(f"The workspace has {counted(len(errors), 'mistake')}; nothing was run.")


async def _run(options: "StandaloneOptions", request: JobRequest, *, as_json: bool) -> int:
    from stroem.cli.client.ask_approvals import ApprovalAsker
    from stroem.cli.client.client import Client
    from stroem.cli.local.standalone import standalone

    with stop_requested() as stop:
        async with standalone(options, stop) as running, Client(Address(running.address)) as client:
            if stop.event.is_set():
                return exit_codes.INTERRUPTED
            job_id: str | None = (await start_job(client, request))["job_id"]
            code = exit_codes.OK
            while job_id is not None:  # a task with a retry has further jobs
                view = view_for(as_json=as_json)
                asker = ApprovalAsker(client, view.asking)
                beside = [
                    asyncio.create_task(_cancel_on(stop.event, client, job_id)),
                    asyncio.create_task(_ask(asker, stop.event)),
                ]
                try:
                    code = await watch_to_end(client, job_id, view, as_json=as_json)
                finally:
                    for task in beside:
                        task.cancel()
                job_id = (await client.get("jobs", job_id))["retry_job_id"]
            return code


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
