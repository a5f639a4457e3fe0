"""`stroem status`."""

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from stroem.cli.client.run import run_with_client
from stroem.cli.client.watch_job import end_of, watch_steps
from stroem.cli.output import exit_codes
from stroem.cli.output.job_times import times_of
from stroem.cli.output.job_view import LiveView, QuietView, StepView, on_terminal
from stroem.cli.output.output import coloured, echo, one_line, print_json, print_table, shown_time, step_reason, took
from stroem.cli.program.options import Address, job_argument, json_output, refuse_idle_timeout, remote, timeout_option
from stroem.conversion.text import visible_json
from stroem.definitions.task import is_inline

if TYPE_CHECKING:
    from stroem.cli.client.client import Client

_OF_TRIGGERS = ("trigger", "webhook", "event_source")


@click.command("status")
@job_argument
@click.option("--watch", is_flag=True, help="Keep showing it until the job ends; the exit code is the job's.")
@timeout_option
@remote
@json_output
def command(address: Address, job: str, watch: bool, timeout: float | None, as_json: bool) -> None:
    """Show a job and its steps.

    JOB is a job's id or the beginning of one.

    \b
    Examples:
      stroem status 0193b2c4-5d1e
      stroem status 0193b2c4-5d1e --watch
    """

    refuse_idle_timeout(timeout, waits=watch, options="--watch")

    async def status(client: "Client") -> int:
        job_id = await client.job_id(job)
        if not watch:
            found = await client.get("jobs", job_id)
            print_json(found) if as_json else _print_job(found)
            return exit_codes.OK
        with QuietView() if as_json else LiveView() if on_terminal() else StepView() as view:
            ended = await watch_steps(client, job_id, view)
        if as_json:
            print_json(ended)
        return end_of(ended)

    sys.exit(run_with_client(address, status, within=timeout))


def _print_job(job: dict[str, Any]) -> None:
    echo(f"{click.style(one_line(job['task_name']), bold=True)} {coloured(job['status'])}")
    echo(f"  job        {job['job_id']}")
    echo(f"  workspace  {one_line(job['workspace'])} at {one_line(job.get('revision') or '-')[:12]}")
    if started := _started_by(job):
        echo(f"  started by {started}")
    for label, text in times_of(job):
        echo(f"  {label:10} {text}")
    if since := job.get("paused_at"):
        by = f" by {one_line(job['paused_by'])}" if job.get("paused_by") else ""
        echo(f"  paused     since {shown_time(since)}{by}")
    if reason := job.get("waiting_reason"):
        echo(f"  waits      {one_line(reason)}")
    for held in job.get("paused_steps") or ():
        by = f" by {one_line(held['paused_by'])}" if held["paused_by"] else ""
        echo(f"  paused     step {one_line(held['step_name'])} since {shown_time(held['paused_at'])}{by}")
    if reason := job.get("cancel_reason"):
        echo(f"  cancelled  {one_line(reason)}")
    elif reason := job.get("error_message"):
        echo(f"  error      {one_line(reason)}")
    for label, text in [*_retry_lines(job), *_rerun_lines(job)]:
        echo(f"  {label:10} {text}")
    if job.get("input"):
        echo(f"  input      {visible_json(job['input'])}")
    if job.get("output") is not None:
        echo(f"  output     {visible_json(job['output'])}")
    if job["steps"]:
        echo()
        print_table(
            ("STEP", "STATUS", "ACTION", "TOOK", "REASON"),
            [
                (
                    step["step_name"],
                    coloured(step["status"]),
                    "inline" if is_inline(step["action_name"]) else step["action_name"] or step["action_type"],
                    took(step),
                    step_reason(step),
                )
                for step in job["steps"]
            ],
        )


def _started_by(job: dict[str, Any]) -> str | None:
    """The trigger that started a job; None for another job."""
    if job.get("source_type") not in _OF_TRIGGERS or not job.get("source_id"):
        return None
    return f"{one_line(job['source_id'])} ({one_line(job['source_type'])})"


def _rerun_lines(job: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """The job that this one runs again, and those that run it again."""
    if source := job.get("source_job_id"):
        restart = job.get("restart")
        parts = [] if restart is None else [*(["what failed"] if restart["failed"] else []), *restart["steps"]]
        yield "runs again", one_line(f"{source} ({', '.join(parts) if parts else 'all of it'})")
    for other in job.get("rerun_job_ids") or ():
        yield "run again", one_line(f"by {other}")


def _retry_lines(job: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """The job that this one repeats, and the one that repeats it."""
    if job.get("retry_of_job_id"):
        yield "repeats", f"{job['retry_of_job_id']} (retry {job['retry_attempt']} of {job['max_retries']})"
    if job["status"] == "pending" and job.get("starts_at"):
        yield "begins", shown_time(job["starts_at"])
    if job.get("retry_job_id"):
        yield "repeated", f"by {job['retry_job_id']}"
