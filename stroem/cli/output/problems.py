"""Problems in workflow files as text."""

from collections.abc import Iterable

import click

from stroem.cli.output.output import coloured, echo, one_line
from stroem.records.problem import Problem
from stroem.validation.report import as_text


def print_problems(problems: Iterable[Problem], *, err: bool = False) -> None:
    """Prints problems, one line each, in colour on a terminal."""
    for problem in problems:
        place, _, rest = one_line(as_text([problem])).partition(": ")
        severity, _, message = rest.partition(" ")
        echo(f"{click.style(place, bold=True)}: {coloured(severity)} {message}", err=err)
