"""The name that was probably meant."""

from stroem.conversion.suggestions import Suggester, nearest


def test_case_and_hyphens_count_for_nothing() -> None:
    assert nearest("Depends-On", ["depends_on", "description"]) == "depends_on"
    assert nearest("zzz", ["depends_on", "description"]) is None


def test_few_names_are_listed_and_many_are_not() -> None:
    assert Suggester().hint("zzz", ["b", "a"]) == "one of a, b"
    assert Suggester().hint("zzz", [f"name{number}" for number in range(13)]) is None
    assert Suggester().hint("zzz", []) is None


def test_the_work_among_many_names_is_bounded() -> None:
    names = [f"task-{number:05}" for number in range(20_000)]
    suggester = Suggester(comparisons_left=1_000)
    assert suggester.hint("task-00100x", names) == "did you mean 'task-00100'?"
    assert suggester.hint("tusk-10000", names) is not None
    assert suggester.hint("task-1500", names) is None
    assert suggester.hint("task-00100x", names) == "did you mean 'task-00100'?"
