"""Mistakes in workflows, as a person reads them."""

import click

from stroem.cli.output import coloured
from stroem.definitions.problem import Problem


def shown_problem(problem: Problem, folder: str = "") -> str:
    """`file:line:column: error[code] message`, the hint on a line of its own. `folder` stands before the file."""
    file = f"{folder}{problem.file}"
    place = click.style(f"{file}:{problem.line}:{problem.column}", bold=True)
    text = f"{place}: {coloured(problem.severity)}[{problem.code}] {problem.message}"
    return f"{text}\n    {problem.hint}" if problem.hint else text
