"""`stroem import crontab`."""

import sys
from pathlib import Path
from typing import IO

import attrs
import click

from stroem.cli.local.crontab.machine_zone import machine_zone
from stroem.cli.local.crontab.reader import CrontabReader, Remark
from stroem.cli.local.crontab.workflow_text import workflow_text
from stroem.cli.output import exit_codes
from stroem.cli.output.errors import Failure
from stroem.cli.output.output import counted, echo, print_json
from stroem.cli.program.options import json_output
from stroem.definitions.zone import is_zone


@click.command("crontab")
@click.argument("file", type=click.File(encoding="utf-8", errors="replace"))
@click.option("--system", is_flag=True, help="A user stands before each command, as in /etc/crontab and /etc/cron.d.")
@click.option(
    "-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="Write this workflow file; it must be new."
)
@click.option("--timezone", metavar="NAME", help="Zone of times without CRON_TZ.  [default: that of this machine]")
@json_output
def crontab(file: IO[str], output: Path | None, timezone: str | None, *, system: bool, as_json: bool) -> None:
    """Make tasks and triggers from a crontab.

    FILE is a crontab, - is standard input. Prints a workflow file in YAML. Remarks on lines, and lines that cannot be
    triggers, go to stderr; with the latter the exit code is 1.

    \b
    Examples:
      crontab -l | stroem import crontab - --output .workflows/crontab.yaml
      stroem import crontab /etc/cron.d/backup --system
    """
    if timezone is not None and not is_zone(timezone):
        raise click.BadParameter(f"there is no time zone {timezone!r}", param_hint="--timezone")
    reader = CrontabReader(has_users=system, zone=timezone or machine_zone())
    reader.read(file.read())
    if not as_json:
        for remark in reader.remarks:
            echo(_shown(remark), err=True)
    if not reader.entries:
        raise Failure("There is nothing in this crontab that can be a trigger.")
    title = "crontab" if file.name in ("-", "<stdin>") else Path(file.name).name
    text = workflow_text(reader.entries, title)
    if output is not None:
        _write(output, text)
    if as_json:
        print_json({"workflow": text, "remarks": [attrs.asdict(remark) for remark in reader.remarks]})
    elif output is None:
        echo(text, nl=False)
    else:
        echo(f"{counted(len(reader.entries), 'trigger')} written to {output}. Check it with: stroem validate", err=True)
    if any(remark.is_left_out for remark in reader.remarks):
        sys.exit(exit_codes.FAILED)


def _shown(remark: Remark) -> str:
    return f"line {remark.line}: {'left out: ' if remark.is_left_out else ''}{remark.text}"


def _write(output: Path, text: str) -> None:
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        with output.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise Failure(f"{output} exists already. Choose another name with --output.") from None
    except OSError as error:
        raise Failure(f"{output} cannot be written: {error.strerror}") from error
