"""Items of loops."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stroem.definitions.values import Json
from stroem.engine.items import NotItems, items_of


@pytest.mark.parametrize(
    ("value", "items"),
    [
        ([], []),
        ([1, "a", None], [1, "a", None]),
        ("[1, 2]", [1, 2]),
        ({"range": 3}, [0, 1, 2]),
        ({"range": "3"}, [0, 1, 2]),
        ({"range": [2, 4]}, [2, 3]),
        ({"range": [5, 0, -2]}, [5, 3, 1]),
        ({"range": 0}, []),
        ({"matrix": {}}, []),
        ({"matrix": {"os": []}}, []),
        ({"matrix": {"os": ["a", "b"]}}, [{"os": "a"}, {"os": "b"}]),
        ({"matrix": {"os": "[1]", "py": [2, 3]}}, [{"os": 1, "py": 2}, {"os": 1, "py": 3}]),
        ({"matrix": {"a": [1, 2], "b": [1, 2], "exclude": [{"a": 1, "b": 2}, {"a": 2}]}}, [{"a": 1, "b": 1}]),
    ],
)
def test_items(value: Json, items: list[Json]) -> None:
    assert list(items_of(value, 100)) == items


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (None, "not a list"),
        (3, "not a list"),
        ("text", "not a list"),
        ('{"a": 1}', "not a list"),
        ({"a": 1}, "not a list"),
        ('["a\\u0000b"]', "cannot be kept"),
        ('["\\ud800"]', "The items of the loop"),
        ('[{"a": {"b\\u0000": 1}}]', "cannot be kept"),
        ("[123456789012345678901234567890]", "cannot be kept"),
        ("[1e999]", "The items of the loop"),
        ("[NaN]", "not a list"),
        ("[" * 100_000, "The items of the loop"),
        ("[" * 150 + "]" * 150, "cannot be kept"),
        ({"range": "99999999999999999999"}, "more than 100"),
        ({"range": ["-99999999999999999999", 0]}, "more than 100"),
        ({"matrix": {"a": '["\\u0000"]'}}, "axis 'a'"),
        ({"range": []}, "A range has"),
        ({"range": [1, 2, 0]}, "A range has"),
        ({"range": [1, 2, 3, 4]}, "A range has"),
        ({"range": "x"}, "not 'x'"),
        ({"range": True}, "not True"),
        ({"range": 101}, "101 items, more than 100"),
        ({"range": 10**15}, "more than 100"),
        ({"matrix": [1]}, "A matrix is a map"),
        ({"matrix": {"os": 1}}, "axis 'os'"),
        ({"matrix": {"os": [1], "exclude": {"os": 1}}}, "not a list"),
        ({"matrix": {"os": [1], "exclude": [{"py": 1}]}}, "a map of axes"),
        ({"matrix": {"a": list(range(20)), "b": list(range(20))}}, "400 combinations, more than 100"),
    ],
)
def test_what_is_no_list_of_items(value: Json, reason: str) -> None:
    with pytest.raises(NotItems, match=reason):
        items_of(value, 100)


@given(st.dictionaries(st.sampled_from("abc"), st.lists(st.integers(0, 3), max_size=3, unique=True), max_size=3))
def test_a_matrix_has_each_combination_once(axes: dict[str, list[int]]) -> None:
    found = [tuple(one.values()) for one in items_of({"matrix": axes}, 100) if isinstance(one, dict)]
    expected = 1 if axes else 0
    for values in axes.values():
        expected *= len(values)
    assert len(set(found)) == len(found) == expected
    assert all(value in axes[name] for one in found for name, value in zip(axes, one, strict=True))
