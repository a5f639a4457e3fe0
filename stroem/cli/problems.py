"""Mistakes in workflows, as a person reads them."""

from collections.abc import Iterable

import click

from stroem.cli.output import coloured
from stroem.definitions.problem import Problem
from stroem.dialects.report import as_text


def print_problems(problems: Iterable[Problem], *, err: bool = False) -> None:
    """Prints the report of problems, in colour on a terminal."""
    for line in as_text(problems).splitlines():
        place, _, rest = line.partition(": ")
        severity, _, message = rest.partition(" ")
        click.echo(f"{click.style(place, bold=True)}: {coloured(severity)} {message}", err=err)
