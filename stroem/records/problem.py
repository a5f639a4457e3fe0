"""Problems: mistakes in files of a workspace."""

from collections.abc import Sequence
from typing import Literal

import attrs


@attrs.frozen(kw_only=True)
class Problem:
    """A mistake in a file: its place (`file`, 1-based `line` and `column`), a message, and a hint.

    `code` is stable (`unknown-key`, `unknown-action`, `cycle`, …); `path` is the way to the value
    (`tasks.deploy.flow.build.action`); `hint` says what was expected or names the nearest right name.
    """

    code: str
    message: str
    file: str
    line: int = 1
    column: int = 1
    path: str = ""
    hint: str | None = None
    severity: Literal["error", "warning"] = "error"


@attrs.frozen(kw_only=True)
class Excerpt:
    """Lines of the file around a mistake, without secrets: two before and one after it.

    `problem` is its position in the list of problems. `lines` begin at `first_line`; the mistake is in `line`, from
    `column` to before `end_column` (1-based, in the shown line), which is null where the dots of a secret are in its
    place. `url` is the page of the file at its git host.
    """

    problem: int
    first_line: int
    lines: tuple[str, ...]
    line: int
    column: int
    end_column: int | None = None
    url: str | None = None


def errors_first(problems: Sequence[Problem]) -> Sequence[Problem]:
    """The problems with errors before warnings, otherwise in the given order."""
    return sorted(problems, key=lambda problem: problem.severity != "error")


def shown_problems(problems: Sequence[Problem], most: int) -> tuple[Problem, ...]:
    """The first `most` problems; errors come first when not all of them fit."""
    return tuple(problems if len(problems) <= most else errors_first(problems)[:most])


def describe(problem: Problem) -> str:
    """A problem in one line: `file:line:column: message (hint)`."""
    hint = f" ({problem.hint})" if problem.hint else ""
    return f"{problem.file}:{problem.line}:{problem.column}: {problem.message}{hint}"


def describe_all(mistakes: Sequence[Problem]) -> str:
    """The number of mistakes, at least one, and the first of them in one line."""
    count = "1 mistake" if len(mistakes) == 1 else f"{len(mistakes)} mistakes, first"
    return f"{count} {describe(mistakes[0])}"
