"""`stroem validate`."""

import sys
from collections.abc import Sequence
from pathlib import Path

import attrs
import click

from stroem.cli import exits
from stroem.cli.output import counted, print_json
from stroem.cli.problems import shown_problem
from stroem.definitions.problem import Problem


@click.command("validate")
@click.argument("path", type=click.Path(exists=True, path_type=Path), default=".")
@click.option(
    "--format",
    "form",
    type=click.Choice(("text", "json", "github")),
    default="text",
    show_default=True,
    help="github: annotations for a pull request.",
)
@click.option("--json", "form", flag_value="json", help="The same as --format json.")
def command(path: Path, form: str) -> None:
    """Check the workflows of a workspace.

    PATH is the folder of a workspace, or one of its files: then all is checked, and the mistakes of this
    file shown. All mistakes are shown at once. The exit code is 1 when there are errors; warnings alone
    leave it at 0.

    \b
    Examples:
      stroem validate workspaces/example
      stroem validate . --format github
    """
    from stroem.cli.workspace_folder import validate_folder, workspace_of  # loads plugins: not for --help

    root = workspace_of(path)
    checked = validate_folder(root)
    only = path.resolve().relative_to(root.resolve()).as_posix() if path.is_file() else None
    problems = [problem for problem in checked.problems if only is None or problem.file == only]
    shown = {"text": _print_text, "json": _print_json, "github": _print_github}[form]
    shown(root, checked.files, problems)
    sys.exit(exits.FAILED if any(problem.severity == "error" for problem in problems) else exits.OK)


def _print_text(root: Path, files: Sequence[str], problems: Sequence[Problem]) -> None:
    folder = "" if root == Path() else f"{root}/"
    for problem in problems:
        click.echo(shown_problem(problem, folder))
    errors = sum(problem.severity == "error" for problem in problems)
    verdict = f"{counted(errors, 'error')}, {counted(len(problems) - errors, 'warning')}"
    click.echo(f"{counted(len(files), 'file')}: {verdict if problems else 'no mistakes'}", err=bool(problems))


def _print_json(root: Path, files: Sequence[str], problems: Sequence[Problem]) -> None:
    print_json(
        {
            "valid": not any(problem.severity == "error" for problem in problems),
            "root": str(root),
            "files": list(files),
            "problems": [attrs.asdict(problem) for problem in problems],
        }
    )


def _print_github(root: Path, files: Sequence[str], problems: Sequence[Problem]) -> None:
    for problem in problems:
        text = f"{problem.message}\n{problem.hint}" if problem.hint else problem.message
        place = f"file={_escaped(str(root / problem.file))},line={problem.line},col={problem.column}"
        click.echo(f"::{problem.severity} {place},title={_escaped(problem.code)}::{_escaped_text(text)}")


def _escaped_text(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _escaped(text: str) -> str:
    return _escaped_text(text).replace(":", "%3A").replace(",", "%2C")
