"""`stroem plan`."""

import datetime
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from stroem.cli.client.run import run_with_client
from stroem.cli.output import exit_codes
from stroem.cli.output.errors import Failure
from stroem.cli.output.output import echo
from stroem.cli.program.options import Address, remote

if TYPE_CHECKING:
    from stroem.cli.client.client import Client
    from stroem.records.release_plan import ReleasePlan

STYLES: dict[str, dict[str, Any]] = {
    "title": {"bold": True},
    "added": {"fg": "green"},
    "removed": {"fg": "red"},
    "changed": {"fg": "yellow"},
    "broken": {"fg": "red"},
    "error": {"fg": "red"},
    "warning": {"fg": "yellow"},
    "faint": {"dim": True},
}


@click.command("plan")
@click.argument("target", metavar="[PATH|REF..REF]", required=False)
@click.option(
    "-C",
    "--path",
    "start",
    type=click.Path(exists=True, path_type=Path),
    default=".",
    show_default=True,
    help="Folder of the workspace, as if started there.",
)
@click.option("-w", "--workspace", metavar="NAME", help="Ask the server about this workspace instead.")
@click.option("--ref", help="With --workspace: the branch, tag or commit to look at, if not the one it follows.")
@click.option(
    "--format",
    "form",
    type=click.Choice(("text", "json", "markdown")),
    default="text",
    show_default=True,
    help="markdown: for a comment of a pull request.",
)
@click.option("--json", "form", flag_value="json", help="The same as --format json.")
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="Write the report to a file.")
@click.option("--no-exit-code", is_flag=True, help="Exit with 0 also when something would change.")
@remote
def command(
    address: Address,
    target: str | None,
    start: Path,
    workspace: str | None,
    ref: str | None,
    form: str,
    output: Path | None,
    *,
    no_exit_code: bool,
) -> None:
    """Show what a revision would change, before it is pushed or applied.

    Without an argument, and with a PATH: the folder as it is now against the commit that is checked out.
    REF..REF compares two commits, REF.. one with the folder as it is now, REF...REF the second with where
    the two parted. No server is asked, unless --workspace names one of its workspaces.

    The exit code is 0 when nothing would change, 2 when something would, 1 when the new revision has errors.

    \b
    Examples:
      stroem plan
      stroem plan main..feature --format markdown
      stroem plan --workspace default --ref feature
    """
    if ref is not None and workspace is None:
        raise click.UsageError("--ref belongs to --workspace; here, write REF..REF")
    if workspace is not None and target is not None:
        raise click.UsageError(f"--workspace asks the server, which cannot see {target!r}; name a commit with --ref")
    plan = _of_server(address, workspace, ref) if workspace is not None else _of_checkout(target, start)
    _report(plan, form, output)
    sys.exit(_exit_code(plan, no_exit_code=no_exit_code))


def _of_checkout(target: str | None, start: Path) -> "ReleasePlan":
    import asyncio

    from stroem.cli.local.diff_sides import comparison_of, read_sides  # loads plugins: not for --help
    from stroem.interfaces.source import SourceUnavailable
    from stroem.reconciler.diff.plan import plan_between
    from stroem.registry.registry import load_plugins

    try:
        registry = load_plugins()
        sides = asyncio.run(read_sides(registry, comparison_of(target, start)))
    except SourceUnavailable as error:
        raise Failure(str(error)) from error
    now = datetime.datetime.now(datetime.UTC)
    return plan_between(sides.old, sides.new, sides.problems, dialects=registry.dialects, now=now)


def _of_server(address: Address, workspace: str, ref: str | None) -> "ReleasePlan":
    from stroem.conversion import canonical
    from stroem.records.release_plan import ReleasePlan

    async def planned(client: "Client") -> "ReleasePlan":
        answer = await client.post("workspaces", workspace, "plan", body={} if ref is None else {"ref": ref})
        return canonical.from_json(answer, ReleasePlan)

    return run_with_client(address, planned)


def _report(plan: "ReleasePlan", form: str, output: Path | None) -> None:
    from stroem.reconciler.diff.report.markdown import as_markdown
    from stroem.reconciler.diff.report.phrases import as_json, headline
    from stroem.reconciler.diff.report.text import as_text

    reports: dict[str, Callable[[ReleasePlan], str]] = {"text": as_text, "json": as_json, "markdown": as_markdown}
    if output is not None:
        try:
            output.write_text(reports[form](plan), encoding="utf-8")
        except OSError as error:
            raise Failure(f"{output} cannot be written: {error.strerror}") from error
        echo(f"{headline(plan)}. The report is in {output}", err=True)
    elif form == "text":
        print_diff(plan)
    else:
        echo(reports[form](plan), nl=False)


def print_diff(plan: "ReleasePlan", *, err: bool = False) -> None:
    """Prints a diff of two releases as text, in colour on a terminal."""
    from stroem.reconciler.diff.report.text import report_lines

    for line in report_lines(plan):
        echo(click.style(line.text, **STYLES.get(line.style, {})), err=err)


def _exit_code(plan: "ReleasePlan", *, no_exit_code: bool) -> int:
    if not plan.valid:
        return exit_codes.FAILED
    return exit_codes.CHANGED if plan.changed and not no_exit_code else exit_codes.OK
