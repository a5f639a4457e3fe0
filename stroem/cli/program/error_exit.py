"""End of the program: an expected failure is printed as one message and becomes an exit code."""

import contextlib
import errno
import io
import itertools
import logging
import os
import sys
from collections.abc import Callable, Sequence
from typing import Any, TextIO

import click

from stroem.cli.output import exit_codes
from stroem.cli.output.errors import Failure, OutputFailed, Refused
from stroem.cli.output.output import echo
from stroem.conversion.text import visible_json

LOGGER = logging.getLogger(__name__)


def exit_code_of(run: Callable[[], Any], *, as_json: bool) -> int:
    """Runs a command; returns its exit code. A failure is printed on stderr, with `as_json` as JSON."""
    _open_closed_streams()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # where an encoding lacks a character
    try:
        result = run()
        return result if isinstance(result, int) else exit_codes.OK
    except click.ClickException as error:
        return _print_failure(error, as_json=as_json)
    except click.Abort:
        return exit_codes.INTERRUPTED
    except OutputFailed as failed:
        _abandon(sys.stdout)
        if failed.reason.errno == errno.EPIPE:  # the reader closed the pipe
            return exit_codes.FAILED
        failure = Failure(f"The output cannot be written: {reason_of(failed.reason)}")
        return _print_failure(failure, as_json=as_json)
    except OSError as error:
        LOGGER.debug("the command failed", exc_info=error)
        place = f"{error.filename}: " if error.filename else ""
        return _print_failure(Failure(f"{place}{reason_of(error)}"), as_json=as_json)


def _open_closed_streams() -> None:
    """Replaces closed stdout or stderr (`>&-`) by the null device."""
    sys.stdout = sys.stdout or _nowhere()
    sys.stderr = sys.stderr or _nowhere()


def _nowhere() -> TextIO:
    return open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123 (a device, for as long as the program runs)


def wants_json(arguments: Sequence[str]) -> bool:
    """True if the arguments of a command contain `--json` or `--format json`."""
    options = arguments[: arguments.index("--")] if "--" in arguments else arguments
    pairs = itertools.pairwise(options)
    return "--json" in options or "--format=json" in options or ("--format", "json") in pairs


def reason_of(error: OSError) -> str:
    """The operating system's message for an error."""
    return error.strerror or str(error) or type(error).__name__


def _print_failure(error: click.ClickException, *, as_json: bool) -> int:
    shown = io.StringIO()
    if as_json:
        fields = {"fields": error.fields} if isinstance(error, Refused) and error.fields else {}
        document = {"error": error.format_message(), "exit_code": error.exit_code, **fields}
        shown.write(visible_json(document) + "\n")
    else:
        error.show(shown)
    try:
        echo(shown.getvalue(), nl=False, err=True)
    except OutputFailed:
        _abandon(sys.stderr)
    return error.exit_code


def _abandon(stream: TextIO) -> None:
    """Redirects a stream to the null device: at exit the interpreter flushes it, and would fail again."""
    with contextlib.suppress(OSError, ValueError), open(os.devnull, "wb") as nowhere:  # noqa: PTH123 (a device)
        os.dup2(nowhere.fileno(), stream.fileno())
