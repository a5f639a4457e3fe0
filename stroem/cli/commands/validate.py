"""`stroem validate`."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path

import attrs
import click

from stroem.cli.output import exit_codes
from stroem.cli.output.output import counted, echo
from stroem.records.problem import Problem


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
@click.option("--library", is_flag=True, help="It is a library: secrets and connections are its users' business.")
def command(path: Path, form: str, *, library: bool) -> None:
    """Check the workflows of a workspace.

    PATH is the folder of a workspace, or one of its files: then all is checked, and the mistakes of this
    file shown. Libraries that are folders of the workspace are checked with it. All mistakes are shown at
    once. The exit code is 1 when there are errors; warnings alone leave it at 0.

    \b
    Examples:
      stroem validate workspaces/example
      stroem validate . --format github
      stroem validate libraries/notify --library
    """
    from stroem.cli.local.workspace_folder import (  # loads plugins: not for --help
        problems_of,
        problems_of_file,
        workspace_of,
    )

    root = workspace_of(path)
    found = problems_of(root, is_library=library) if path.is_dir() else problems_of_file(path, is_library=library)
    problems = [attrs.evolve(problem, file=_shown(root / problem.file, path)) for problem in found]
    _print(problems, form)
    sys.exit(exit_codes.FAILED if _errors(problems) else exit_codes.OK)


def _shown(file: Path, given: Path) -> str:
    """Path of a file to print: relative to the current folder if PATH was relative."""
    return str(file) if given.is_absolute() else os.path.relpath(file)


def _print(problems: Sequence[Problem], form: str) -> None:
    from stroem.cli.output.problems import print_problems  # YAML and all: not for --help
    from stroem.validation.report import FORMATS

    if form != "text":
        echo(FORMATS[form](problems), nl=False)
        return
    print_problems(problems)
    errors = _errors(problems)
    found = f"{counted(errors, 'error')}, {counted(len(problems) - errors, 'warning')}"
    echo(found if problems else "No mistakes.", err=bool(problems))


def _errors(problems: Sequence[Problem]) -> int:
    return sum(problem.severity == "error" for problem in problems)
