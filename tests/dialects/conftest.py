"""What the tests of the dialects share."""

import textwrap
from collections.abc import Callable, Mapping

import pytest

from stroem.definitions.problem import Problem
from stroem.dialects.known import Known
from stroem.dialects.validation import Validation, validate
from stroem.dialects.yaml_dialect import parse

Check = Callable[..., tuple[Problem, ...]]


def check_workspace(
    texts: Mapping[str, str], known: Known | None = None, previous: Validation | None = None
) -> Validation:
    """The validation of a workspace given as texts by path."""
    data = {path: textwrap.dedent(text).encode() for path, text in texts.items()}
    files = {path: parse(path, content) for path, content in data.items()}
    return validate(files, data.__getitem__, known or Known(runners={"local": None}), previous)


@pytest.fixture
def problems_of() -> Check:
    """Problems of one file, or of several by path."""

    def problems(text: str | Mapping[str, str], known: Known | None = None) -> tuple[Problem, ...]:
        texts = {".workflows/a.yaml": text} if isinstance(text, str) else text
        return check_workspace(texts, known).problems

    return problems
