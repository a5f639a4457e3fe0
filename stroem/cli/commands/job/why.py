"""`stroem why`."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import click

from stroem.cli.client.run import run_with_client
from stroem.cli.output.output import coloured, echo, one_line, print_json, shown_time
from stroem.cli.program.options import Address, job_argument, json_output, remote

if TYPE_CHECKING:
    from stroem.cli.client.client import Client

_SHOWN = 5
"""Most holders, and most owners in line, that are shown of a limit."""


@click.command("why")
@job_argument
@remote
@json_output
def command(address: Address, job: str, as_json: bool) -> None:
    """Show what a job and its steps wait for, and for how long they may.

    The forecast is from the last completed jobs of the task: half of them were not later than the first time, nine of
    ten not than the second. JOB is a job's id or the beginning of one.

    \b
    Example:
      stroem why 0193b2c4-5d1e
    """

    async def why(client: "Client") -> dict[str, Any]:
        found: dict[str, Any] = await client.get("jobs", await client.job_id(job), "waiting")
        return found

    answer = run_with_client(address, why)
    if as_json:
        print_json(answer)
        return
    echo(f"Job {answer['job_id']} of {one_line(answer['task_name'])} {coloured(answer['status'])}")
    for blocker in answer["blockers"]:
        for line in _lines(blocker):
            echo(line)
    if not answer["blockers"]:
        echo("  Nothing waits.")
    if answer["has_more"]:
        echo("  Further steps wait.")
    if any(answer["forecast"].values()):
        echo(_forecast(answer["forecast"]))


def _lines(blocker: Mapping[str, Any]) -> Iterator[str]:
    who = "" if blocker["step"] is None else f"{one_line(blocker['step'])}: "
    since = f" (since {shown_time(blocker['since'])})" if blocker["since"] else ""
    yield f"  {who}{one_line(blocker['text'])}{since}"
    if blocker["opens_at"]:
        yield f"    opens at {shown_time(blocker['opens_at'])}"
    for label, owners in (("held by", blocker["held_by"]), ("ahead  ", blocker["ahead"])):
        for owner in owners[:_SHOWN]:
            step = f", step {one_line(owner['step'])}," if owner["step"] else ""
            of = f"job {owner['job_id']} of {one_line(owner['task'])}"
            yield f"    {label} {of}{step} since {shown_time(owner['since'])}"
        if len(owners) > _SHOWN:
            yield f"    {label} and others; see --json"


def _forecast(forecast: Mapping[str, Any]) -> str:
    parts = [f"{key} {_estimate(forecast[key])}" for key in ("begins", "ends") if forecast[key]]
    if forecast["unknown"]:
        parts.append(f"{'the end is ' if parts else ''}unknown, since {one_line(forecast['unknown'])}")
    return f"  Forecast: {'; '.join(parts)}"


def _estimate(estimate: Mapping[str, Any]) -> str:
    likely, late = shown_time(estimate["likely"]), shown_time(estimate["late"])
    size = estimate["sample_size"]
    late_at = "" if likely == late else f", late at {late}"
    return f"at {likely}{late_at}" + (f" (from {size} runs)" if size else "")
