"""Fixtures: the problems of workspaces given as texts."""

import textwrap
from collections.abc import Callable, Mapping

import pytest

from stroem.dialects.environment import Environment
from stroem.records.problem import Problem
from stroem.validation.checker import Validation, validate
from tests.support.parsing import parse

Check = Callable[..., tuple[Problem, ...]]


def check_workspace(
    texts: Mapping[str, str], known: Environment | None = None, previous: Validation | None = None
) -> Validation:
    """The validation of a workspace given as texts by path."""
    data = {path: textwrap.dedent(text).encode() for path, text in texts.items()}
    files = {path: parse(path, content) for path, content in data.items()}
    return validate(files, data.__getitem__, known or Environment(runners={"local": None}), previous)


def without_no_effect(problems: tuple[Problem, ...]) -> tuple[Problem, ...]:
    """The problems but for the warnings of what has no effect yet, which change from version to version."""
    return tuple(problem for problem in problems if problem.code != "no-effect")


@pytest.fixture
def problems_of() -> Check:
    """Problems of one file, or of several by path; without those of what has no effect yet."""

    def problems(text: str | Mapping[str, str], known: Environment | None = None) -> tuple[Problem, ...]:
        texts = {".workflows/a.yaml": text} if isinstance(text, str) else text
        return without_no_effect(check_workspace(texts, known).problems)

    return problems


@pytest.fixture
def problems_shown() -> Check:
    """All problems of one file."""
    return lambda text: check_workspace({".workflows/a.yaml": text}).problems
