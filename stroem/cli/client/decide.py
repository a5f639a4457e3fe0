"""Answers to steps that wait for an approval."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from stroem.cli.client.unknown_names import refuse_unknown_step
from stroem.cli.output.output import echo, one_line

if TYPE_CHECKING:
    from stroem.cli.client.client import Client


def step_argument(callback: Callable[..., Any]) -> Callable[..., Any]:
    """Adds the argument STEP: the name of a step, a path."""
    return click.argument("step", metavar="STEP")(callback)


def step_option(text: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Adds the option `--step`: the name of a step, a path."""
    return click.option("-s", "--step", metavar="STEP", help=text)


def steps_of(step: str | None) -> tuple[str, ...]:
    """The part of a job's address that leads to a step, if one is meant."""
    return () if step is None else ("steps", step)


async def waiting_step(client: "Client", job_id: str, step: str) -> dict[str, Any]:
    """A step of a job. Raises `Refused` for an unknown one."""
    await refuse_unknown_step(client, job_id, step)
    steps: list[dict[str, Any]] = (await client.get("jobs", job_id))["steps"]
    return next((one for one in steps if one["step_name"] == step), {})


async def decide(client: "Client", job_id: str, step: str, body: dict[str, Any]) -> dict[str, Any]:
    """Sends an answer. The warnings of the server are printed on stderr."""
    answer = await client.post("jobs", job_id, "steps", step, "approve", body=body)
    for warning in answer.get("warnings") or ():
        echo(f"Warning: {one_line(warning)}", err=True)
    return {"job_id": job_id, "step_name": step, **answer}
