"""`stroem workspace suspend`, `resume`, `pin` and `rollback`: overrides of the followed ref."""

import click

from stroem.cli.commands.workspace.common import operate, operation_options, reason_option, workspace_argument
from stroem.cli.program.options import Address


@click.command("suspend")
@workspace_argument
@reason_option
@operation_options
def suspend(address: Address, workspace: str, reason: str | None, by: str | None, as_json: bool) -> None:
    """Stop following the source. What runs stays as it is, until the workspace is resumed.

    \b
    Example:
      stroem workspace suspend billing --reason "a migration"
    """
    operate(address, workspace, "suspend", body={"by": by, "reason": reason}, as_json=as_json)


@click.command("resume")
@workspace_argument
@operation_options
def resume(address: Address, workspace: str, by: str | None, as_json: bool) -> None:
    """Follow the source again, as the settings say.

    The workspace is neither suspended then, nor pinned, nor rolled back. The exit code is 1 when it is not ready.

    \b
    Example:
      stroem workspace resume billing
    """
    operate(address, workspace, "resume", body={"by": by}, as_json=as_json, must_be_ready=True)


@click.command("pin")
@workspace_argument
@click.argument("ref")
@reason_option
@operation_options
def pin(address: Address, workspace: str, ref: str, reason: str | None, by: str | None, as_json: bool) -> None:
    """Follow another ref, until the workspace is resumed.

    REF is a branch, tag or commit. The exit code is 1 when the workspace is not ready then.

    \b
    Example:
      stroem workspace pin billing v1.4 --reason "1.5 loses orders"
    """
    body = {"by": by, "reason": reason, "ref": ref}
    operate(address, workspace, "pin", body=body, as_json=as_json, must_be_ready=True)


@click.command("rollback")
@workspace_argument
@click.argument("release", type=click.IntRange(min=1))
@reason_option
@operation_options
def rollback(address: Address, workspace: str, release: int, reason: str | None, by: str | None, as_json: bool) -> None:
    """Bring back an older release.

    Its files become a new release, and the source is not followed until the workspace is resumed. RELEASE is a
    number that stroem workspace releases shows.

    \b
    Example:
      stroem workspace rollback billing 41 --reason "orders hang"
    """
    operate(address, workspace, "rollback", body={"by": by, "reason": reason, "release": release}, as_json=as_json)
