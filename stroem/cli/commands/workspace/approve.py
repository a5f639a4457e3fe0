"""`stroem workspace approve`."""

from typing import TYPE_CHECKING, Any

import click

from stroem.cli.client.run import run_with_client
from stroem.cli.commands.plan import print_diff
from stroem.cli.commands.workspace.common import SOURCE_TIMEOUT_SECS, operate, operation_options, workspace_argument
from stroem.cli.output.errors import Refused
from stroem.cli.output.output import echo, one_line
from stroem.cli.output.workspace_report import ready
from stroem.cli.program.confirmation import confirm
from stroem.cli.program.options import Address

if TYPE_CHECKING:
    from stroem.cli.client.client import Client
    from stroem.records.release_plan import ReleasePlan


@click.command("approve")
@workspace_argument
@click.argument("revision", required=False)
@click.option("--yes", "-y", is_flag=True, help="Show no plan and ask nothing.")
@operation_options
def approve(address: Address, workspace: str, revision: str | None, yes: bool, by: str | None, as_json: bool) -> None:
    """Approve the revision that waits, after a look at its plan.

    REVISION, or the beginning of it, is what you expect to wait. What was shown is what is approved: when
    something else waits by then, the server refuses. The exit code is 1 when the workspace is not ready then.

    \b
    Examples:
      stroem workspace approve billing
      stroem workspace approve billing 4f2c1ab --yes
    """
    waiting = run_with_client(
        address, lambda client: _shown(client, workspace, revision, with_diff=not yes, err=as_json)
    )
    if not yes:
        confirm("\nApprove it?", "Nothing was approved")
    operate(
        address,
        workspace,
        "approve",
        body={"by": by, "manifest": waiting["manifest"]},
        as_json=as_json,
        must_be_ready=True,
    )


async def _shown(
    client: "Client", workspace: str, revision: str | None, *, with_diff: bool, err: bool
) -> dict[str, Any]:
    """The waiting revision, after its diff has been printed."""
    found = await client.get("workspaces", workspace)
    waiting = _waiting(found, revision)
    if with_diff:
        echo(f"{one_line(waiting['message'])}\n", err=err)
        print_diff(await _diff(client, workspace, waiting["revision"]), err=err)
    return waiting


def _waiting(workspace: dict[str, Any], revision: str | None) -> dict[str, Any]:
    """The waiting revision. Raises `Refused` when there is none, or another than expected."""
    name, waiting = workspace["name"], workspace.get("waiting")
    if waiting is None:
        raise Refused(one_line(f"Workspace {name!r} does not wait for anybody. {ready(workspace)['message']}"))
    if revision and not waiting["revision"].startswith(revision):
        raise Refused(one_line(f"Workspace {name!r}: what waits is revision {waiting['revision']}, not {revision}"))
    found: dict[str, Any] = waiting
    return found


async def _diff(client: "Client", name: str, revision: str) -> "ReleasePlan":
    """Diff of the waiting revision.

    Raises `Refused` when the source has moved on: its newer revision would be read, but is not the one approved.
    """
    from stroem.conversion import canonical  # loads cattrs: not for --help
    from stroem.records.release_plan import ReleasePlan

    answer = await client.post("workspaces", name, "plan", body={}, within=SOURCE_TIMEOUT_SECS)
    plan = canonical.from_json(answer, ReleasePlan)
    if plan.new.revision != revision:
        raise Refused(
            f"Revision {revision[:12]} waits, but the source has moved on to {one_line(plan.new.revision)[:12]}. "
            f"Have that looked at: stroem workspace sync {name}"
        )
    return plan
