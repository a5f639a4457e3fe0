"""Checks of names in filters: an empty answer for an unknown name becomes an error."""

from typing import TYPE_CHECKING

from stroem.cli.output.errors import Refused
from stroem.cli.output.output import one_line
from stroem.cli.output.suggestion import suggestion

if TYPE_CHECKING:
    from stroem.cli.client.client import Client

MOST_NAMED = 12
SERVER_STEP = "_server"


async def refuse_unknown(client: "Client", workspace: str | None, task: str | None = None) -> None:
    """Raises `Refused` for an unknown workspace, or an unknown task of it."""
    if workspace is None:
        return
    names = [each["name"] for each in await client.get("workspaces")]
    if workspace not in names:
        raise _unknown(client, f"There is no workspace {workspace!r}", workspace, names)
    if task is not None:
        tasks = [each["id"] for each in await client.get("workspaces", workspace, "tasks")]
        if task not in tasks:
            raise _unknown(client, f"Workspace {workspace!r} has no task {task!r}", task, tasks)


async def refuse_unknown_step(client: "Client", job_id: str, step: str | None) -> None:
    """Raises `Refused` for an unknown step of the job."""
    if step is None or step == SERVER_STEP:
        return
    steps = [each["step_name"] for each in (await client.get("jobs", job_id))["steps"]]
    if step not in steps:
        raise _unknown(client, f"Job {job_id} has no step {step!r}", step, steps)


def _unknown(client: "Client", message: str, name: str, known: list[str]) -> Refused:
    near = suggestion(name, known)
    if not near and known and len(known) <= MOST_NAMED:
        near = f" There are: {', '.join(map(one_line, sorted(known)))}."
    return Refused(f"{message}.{near}\nServer: {client.address.url}")
