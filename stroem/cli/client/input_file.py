"""Reader of `--input-file`."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import attrs
import click

from stroem.conversion.yaml import Unreadable, read_yaml
from stroem.definitions.values import Path as Place


@attrs.frozen(kw_only=True)
class FileInput:
    """Values of an input file. `scalars`: source text of unquoted numbers and booleans (`1.10`), by path."""

    value: Any
    scalars: Mapping[Place, str]


def read_input_file(name: str) -> FileInput:
    """Reads the input from a JSON or YAML file; `-` is stdin. Raises `click.UsageError`."""
    try:
        data = sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
    except OSError as error:
        raise click.UsageError(f"--input-file {name}: {error.strerror}") from error
    try:
        document = read_yaml(data)
    except Unreadable as error:
        raise _mistake(name, error.line, error.column, error.message, error.hint) from None
    for flaw in document.flaws:
        raise _mistake(name, flaw.line, flaw.column, flaw.message, flaw.hint)
    return FileInput(value=document.value, scalars=document.scalars)


def _mistake(name: str, line: int, column: int, message: str, hint: str | None) -> click.UsageError:
    return click.UsageError(f"{name}:{line}:{column}: {message}" + (f"; {hint}" if hint else ""))
