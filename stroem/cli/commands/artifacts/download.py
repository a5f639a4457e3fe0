"""`stroem artifacts download`."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from stroem.cli.client.artifacts import download_artifact
from stroem.cli.client.run import run_with_client
from stroem.cli.output.errors import Refused
from stroem.cli.output.output import echo, one_line, print_items
from stroem.cli.program.options import Address, json_output, remote, workspace_option
from stroem.definitions.globs import glob_problem, matching

if TYPE_CHECKING:
    from stroem.cli.client.client import Client


@click.command("download")
@click.argument("what", nargs=-1, metavar="JOB [NAME]...")
@click.option("-o", "--output", type=click.Path(path_type=Path), default=".", metavar="DIR", help="Folder to write to.")
@click.option("-t", "--task", metavar="NAME", help="Of the last successful job of this task, in the place of JOB.")
@workspace_option
@remote
@json_output
def download(
    address: Address, what: tuple[str, ...], output: Path, task: str | None, workspace: str | None, as_json: bool
) -> None:
    """Download artifacts of a job: those of the given names or globs, or all. Folders in names are made.

    Each file is compared with the SHA-256 that the server tells; it appears when it is complete.

    \b
    Examples:
      stroem artifacts download 5f0c2a91
      stroem artifacts download 5f0c2a91 report.html 'dist/**' -o out
      stroem artifacts download --task build report.html
    """
    if task is None and not what:
        raise click.UsageError("of which job? Give JOB, or --task NAME")
    names = what if task is not None else what[1:]
    for name in names:
        if (problem := glob_problem(name)) is not None:
            raise click.UsageError(f"{name!r} {problem}")

    async def receive(client: "Client") -> list[dict[str, Any]]:
        if task is None:
            job_id = await client.job_id(what[0])
        else:
            job_id = await _last_job(client, await client.workspace(workspace), task, names)
        items = await client.get("jobs", job_id, "artifacts")
        chosen = _chosen(items, names, job_id)
        for one in chosen:
            await download_artifact(client, job_id, one, output)
            if not as_json:
                echo(one_line(str(output / one["name"])))
        return chosen

    found = run_with_client(address, receive)
    if as_json:
        print_items([{**one, "file": str(output / one["name"])} for one in found])


async def _last_job(client: "Client", workspace: str, task: str, names: tuple[str, ...]) -> str:
    """The last successful job of a task that has artifacts, or the only named one."""
    name = names[0].replace("**/", "*").replace("**", "*") if len(names) == 1 else None
    if name is not None and any(one in name for one in "?["):
        name = None
    path = ("workspaces", workspace, "artifacts")
    items = (await client.get(*path, task=task, name=name, job_status="completed", limit=1))["items"]
    if not items:
        raise Refused(f"No successful job of task {task!r} has {'such an artifact' if name else 'artifacts'}.")
    return str(items[0]["job_id"])


def _chosen(items: list[dict[str, Any]], names: tuple[str, ...], job_id: str) -> list[dict[str, Any]]:
    """The artifacts of the names and globs, each once."""
    by_name = {one["name"]: one for one in items}
    if not names:
        if not by_name:
            raise Refused(f"Job {job_id} has no artifacts.")
        return items
    chosen: dict[str, dict[str, Any]] = {}
    for name in names:
        found = [name] if name in by_name else list(matching(by_name, name))
        if not found:
            there = ", ".join(map(one_line, list(by_name)[:10])) or "none"
            raise Refused(f"Job {job_id} has no artifact {name!r}. It has: {there}")
        chosen |= {one: by_name[one] for one in found}
    return list(chosen.values())
