"""What is wrong with a file as YAML, as problems."""

from stroem.conversion.mistake import path_text
from stroem.conversion.yaml import Flaw, Unreadable
from stroem.records.problem import Problem


def flaw_problem(file: str, flaw: Flaw) -> Problem:
    """A mistake in the YAML that did not stop the reading."""
    return Problem(
        code=flaw.code,
        message=flaw.message,
        file=file,
        line=flaw.line,
        column=flaw.column,
        path=path_text(flaw.path),
        hint=flaw.hint,
    )


def unreadable_problem(file: str, error: Unreadable) -> Problem:
    """Why nothing of a file could be read."""
    return Problem(
        code=error.code, message=error.message, file=file, line=error.line, column=error.column, hint=error.hint
    )
