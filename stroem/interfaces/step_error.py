"""Errors of steps: their kinds, and how lists of them are written."""

import re
from collections.abc import Iterable
from typing import Literal, get_args

import attrs

ErrorKind = Literal[
    "exit", "timeout", "worker_lost", "template", "output", "child", "setup", "rejected", "inside", "no_worker"
]
"""Kind of the error of a step.

- `exit`: its process ended with an exit code other than 0. `timeout`: it took too long.
- `worker_lost`: its worker, or what ran it there, is gone. `setup`: its process could not be begun.
- `template`: a template of the step failed. `output`: its output is not as declared, or cannot be kept.
- `child`: the job that it started failed. `rejected`: a person rejected it.
- `inside`: steps of the loop or group failed. `no_worker`: no worker can run it.
"""
ERROR_KINDS: tuple[ErrorKind, ...] = get_args(ErrorKind)
RETRIED_KINDS: tuple[ErrorKind, ...] = ("exit", "timeout", "worker_lost", "template", "output", "child", "setup")
"""Kinds of errors that end an attempt of an action or of a child job, so that another can follow."""
MOST_EXIT_CODE = 255
EXIT_CODES = r"^(-?\d{1,3})(?:-(\d{1,3}))?$"
"""The pattern of an exit code, or of a range of them."""
_CODES = re.compile(EXIT_CODES, re.ASCII)


@attrs.frozen(kw_only=True)
class StepError:
    """The error of an attempt. `exit_code` is that of its process, if that has ended (negative: by that signal)."""

    message: str
    kind: ErrorKind | None = None
    exit_code: int | None = None


def exit_codes(text: str) -> tuple[int, int] | None:
    """The first and the last exit code of `75` or `100-120`; None if the text is none of both."""
    match = _CODES.fullmatch(text)
    if match is None:
        return None
    first = int(match[1])
    last = first if match[2] is None else int(match[2])
    return (first, last) if -MOST_EXIT_CODE <= first <= last <= MOST_EXIT_CODE else None


def is_listed(error: StepError, entries: Iterable[str]) -> bool:
    """True if the list has the kind or the exit code of an error."""
    return any(_fits(error, entry) for entry in entries)


def _fits(error: StepError, entry: str) -> bool:
    if error.kind == entry:
        return True
    codes = exit_codes(entry)
    if codes is None or error.kind != "exit" or error.exit_code is None:
        return False
    return codes[0] <= error.exit_code <= codes[1]
