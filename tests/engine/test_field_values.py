"""Limits of input fields: bounds, lengths, patterns, numbers of items."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stroem.definitions.field import InputField
from stroem.definitions.values import Json
from stroem.engine.values.field_values import WrongValue, field_value
from stroem.templating.budget import Budget, QuickBudgetSpent


def problems(field: InputField, value: Json) -> tuple[str, ...]:
    """Everything that is wrong with a value."""
    try:
        field_value(field, value, Budget())
    except WrongValue as wrong:
        return wrong.problems
    return ()


@pytest.mark.parametrize(
    ("field", "fitting", "wrong", "problem"),
    [
        (InputField(type="integer", min=1, max=9), 9, 10, "must be at most 9"),
        (InputField(type="integer", min=2**53 + 1), 2**53 + 1, 2**53, "must be at least 9007199254740993"),
        (InputField(type="integer", min=0), "0", "-1", "must be at least 0"),
        (InputField(type="number", min=0.5), 0.5, 0.25, "must be at least 0.5"),
        (InputField(type="date", max="2026-12-31"), "2026-12-31", "2027-01-01", "must be at most 2026-12-31"),
        (
            InputField(type="datetime", min="2026-01-31T12:00:00Z"),
            "2026-01-31T14:00:00+02:00",
            "2026-01-31T13:59:59+02:00",
            "must be at least 2026-01-31T12:00:00Z",
        ),
        (InputField(type="datetime", max="2026-01-31"), "2026-01-31T00:00:00", "2026-01-31T00:01Z", "must be at most"),
        (InputField(min_length=2), "ab", "a", "must have at least 2 characters, has 1"),
        (InputField(type="text", max_length=2), "åæ", "abc", "must have at most 2 characters, has 3"),
        (InputField(pattern="[a-z]+"), "abc", "abc1", "must match the pattern [a-z]+"),
        (InputField(pattern="a|ab"), "ab", "b", "must match the pattern a|ab"),
        (InputField(multiple=True, min_items=1), ["a"], [], "must have at least 1 items, has 0"),
        (InputField(multiple=True, max_items=1), ["a"], ["a", "b"], "must have at most 1 items, has 2"),
        (InputField(type="integer", multiple=True, max=5), ["4", 5], [5, 6], "item 1 must be at most 5"),
        (InputField(multiple=True, options=("x", "y")), ["x"], ["x", "z"], "item 1 must be one of x, y"),
    ],
)
def test_limits(field: InputField, fitting: Json, wrong: Json, problem: str) -> None:
    assert problems(field, fitting) == ()
    (told,) = problems(field, wrong)
    assert problem in told


def test_every_limit_that_a_value_breaks_is_told() -> None:
    field = InputField(min_length=3, pattern="[0-9]+", options=("1234",))
    assert [text.split()[1] for text in problems(field, "x")] == ["be", "have", "match"]


def test_values_of_lists_are_converted_one_by_one() -> None:
    assert field_value(InputField(type="integer", multiple=True), ["1", 2.0], Budget()) == [1, 2]


def test_the_problems_of_a_long_list_are_not_all_told() -> None:
    told = problems(InputField(type="integer", multiple=True), ["x"] * 10_000)
    assert len(told) < 30
    assert told[-1] == "further items are not checked"


@pytest.mark.parametrize("pattern", ["(a+)+b", "(a|aa)+b", "(.*a){20}b", "([a-z]+)*!"])
def test_a_pattern_that_other_engines_never_finish_costs_time_in_proportion_to_the_text(pattern: str) -> None:
    """Its work is bounded by the budget, which counts characters: it does not grow with what may match."""
    budget = Budget()
    text = "a" * 20_000
    with pytest.raises(WrongValue, match=r"must match|too large"):
        field_value(InputField(pattern=pattern), text, budget)
    with pytest.raises(QuickBudgetSpent):
        field_value(InputField(pattern=pattern), text * 50, Budget.quick())


def test_what_is_too_large_for_its_pattern_is_refused() -> None:
    assert problems(InputField(pattern="(.{0,100}){0,10}x"), "a" * 1_000_000) == ("is too large to be checked",)


def test_a_list_with_many_options_has_a_budget_too() -> None:
    field = InputField(multiple=True, options=tuple(f"o{number}" for number in range(2_000)))
    assert problems(field, ["o1999"] * 100_000) == ("is too large to be checked",)


def test_bounds_and_patterns_that_are_not_valid_refuse_every_value() -> None:
    """They are mistakes of the workspace, which validation tells; forms of other dialects may have them."""
    assert "bounds" in problems(InputField(type="date", min="soon"), "2026-01-31")[0]
    assert "not valid" in problems(InputField(pattern="("), "x")[0]


def test_half_of_a_surrogate_pair_matches_nothing() -> None:
    assert problems(InputField(pattern="a*"), "\ud800") == ("has half of a surrogate pair",)
    assert "not valid" in problems(InputField(pattern="\ud800"), "a")[0]


def test_the_value_of_a_secret_field_is_not_told() -> None:
    field = InputField(secret=True, min_length=8, pattern="[0-9]+")
    assert not any("hunter" in problem for problem in problems(field, "hunter"))


@given(st.integers(-50, 50), st.integers(-50, 50), st.integers(-50, 50))
def test_bounds_include_themselves(value: int, least: int, most: int) -> None:
    field = InputField(type="integer", min=least, max=most)
    assert (not problems(field, value)) == (least <= value <= most)
