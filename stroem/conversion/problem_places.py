"""Mistakes to problems: the place in the file and the hint that follow from them."""

from collections.abc import Collection, Mapping, Sequence

import attrs

from stroem.conversion.mistake import Mistake, Near, path_text
from stroem.conversion.positions import Positions
from stroem.conversion.suggestions import Suggester
from stroem.conversion.yaml import Flaw, Unreadable
from stroem.records.problem import Problem

MAX_PROBLEMS = 500


@attrs.frozen(kw_only=True)
class Placed:
    """A problem with a hint that may depend on names in other files."""

    problem: Problem
    near: Near | None = None

    def hinted(self, suggester: Suggester, names: Mapping[str, Collection[str]]) -> Problem:
        """The problem with its hint; `names` are those of each kind."""
        if self.near is None:
            return self.problem
        candidates = names[self.near.kind] if self.near.kind else self.near.names
        hint = suggester.hint(self.near.name, candidates)
        return attrs.evolve(self.problem, hint=hint or self.problem.hint)


def place(file: str, data: bytes, mistakes: Sequence[Mistake], *, of_models: bool = False) -> tuple[Placed, ...]:
    """The problems of one file, errors before warnings when not all are shown: 500 and one that counts the rest.

    `of_models`: the paths of the mistakes are those of the models, not those of the file.
    """
    positions = Positions(data)
    if len(mistakes) > MAX_PROBLEMS:
        mistakes = sorted(mistakes, key=lambda mistake: mistake.severity != "error")
    placed = [_placed(file, positions, mistake, of_models) for mistake in mistakes[:MAX_PROBLEMS]]
    if left := mistakes[MAX_PROBLEMS:]:
        message = f"{len(left):,} more mistakes in this file are not shown"
        line, column = max((one.problem.line, one.problem.column) for one in placed)
        rest = Problem(
            code="too-many-problems",
            message=message,
            file=file,
            line=line,
            column=column,
            severity=left[0].severity,
        )
        placed.append(Placed(problem=rest))
    return tuple(placed)


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
    """The problem of a file that could not be read."""
    return Problem(
        code=error.code, message=error.message, file=file, line=error.line, column=error.column, hint=error.hint
    )


def _placed(file: str, positions: Positions, mistake: Mistake, of_models: bool) -> Placed:
    if of_models:
        mistake = attrs.evolve(mistake, path=positions.written(mistake.path))
    line, column = positions.place(mistake)
    problem = Problem(
        code=mistake.code,
        message=mistake.message,
        file=file,
        line=line,
        column=column,
        path=path_text(mistake.path),
        hint=mistake.hint,
        severity=mistake.severity,
    )
    return Placed(problem=problem, near=mistake.near)
