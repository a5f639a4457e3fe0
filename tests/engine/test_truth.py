"""The truth of expressions."""

import pytest

from stroem.definitions.values import Json
from stroem.engine.values.truth import truth


@pytest.mark.parametrize("value", [None, False, 0, 0.0, "", " ", "false", "FALSE", "0", "null", "None", [], {}])
def test_these_are_false(value: Json) -> None:
    assert truth(value) is False


@pytest.mark.parametrize("value", [True, 1, -0.5, "true", "no", "00", "a", [0], {"a": None}])
def test_all_others_are_true(value: Json) -> None:
    assert truth(value) is True
