"""Small files that mean much, and many files that are large only together."""

import resource

from stroem.conversion.aliases import MAX_REPEATED
from stroem.dialects.size_budget import MAX_TOTAL_VALUES, Allowance
from stroem.dialects.workspace_file.file import parse_workspace_file
from stroem.interfaces.parsed_file import Cost
from stroem.reconciler.configured.set_files import read_workspace_set
from tests.support.dialects import YAML_ONLY
from tests.support.parsing import parse


def doubling(levels: int, name: str = "a", leaf: str = "x") -> bytes:
    """A secret of 2**levels leaves, in a line for each level."""
    lines = [f"  {name}0: &{name}0 [{leaf}, {leaf}]"]
    lines += [f"  {name}{n}: &{name}{n} [*{name}{n - 1}, *{name}{n - 1}]" for n in range(1, levels)]
    return "\n".join(["secrets:", *lines]).encode()


def test_what_aliases_repeat_is_bounded_for_the_workspace() -> None:
    most = Allowance()
    files = [YAML_ONLY.parse(f"{number}.yaml", doubling(14, f"a{number}_"), most) for number in range(24)]
    read = [file for file in files if file.definitions is not None]
    assert 0 < sum(file.cost.repeated for file in read) <= MAX_REPEATED
    refused = [file for file in files if file.definitions is None]
    assert {problem.code for file in refused for problem in file.problems} == {"too-large"}
    assert "all workflow files of the workspace together hold more than 100,000 values repeated by aliases" in (
        refused[0].problems[0].message
    )


def test_a_bomb_is_refused_before_it_is_followed() -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for number in range(24):
        (problem,) = parse(f"{number}.yaml", doubling(60)).problems
        assert (problem.code, problem.hint) == (
            "too-many-values",
            "write what is repeated into an action or a library",
        )
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000


def test_a_long_text_that_is_repeated_counts_by_its_length() -> None:
    text = "a" * 1_000_000
    repeated = ", ".join(["*a"] * 20)
    (problem,) = parse("a.yaml", f"secrets: {{a: &a {text}, b: [{repeated}]}}".encode()).problems
    assert problem.code == "too-many-values"


def test_aliases_in_use_are_no_mistake() -> None:
    shared = ", ".join(f"K{number}: v" for number in range(20))
    steps = "".join(f"  t{n}: {{flow: {{s: {{type: shell, cmd: 'true', env: *shared}}}}}}\n" for n in range(500))
    first = f"  t: {{flow: {{s: {{type: shell, cmd: 'true', env: &shared {{{shared}}}}}}}}}\n"
    assert parse("a.yaml", f"tasks:\n{first}{steps}".encode()).problems == ()


def test_a_file_that_does_not_fit_counts_nothing() -> None:
    most = Allowance()
    most.take(Cost(values=MAX_TOTAL_VALUES - 10))
    assert YAML_ONLY.parse("large.yaml", b"secrets: {a: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]}", most).crowded
    assert YAML_ONLY.parse("small.yaml", b"secrets: {a: 1}", most).definitions is not None


def test_other_files_of_yaml_are_bounded_too() -> None:
    bomb = doubling(60).replace(b"secrets", b"libraries")
    for problems in (
        parse_workspace_file(".stroem.yaml", bomb).problems,
        read_workspace_set({"a.yaml": bomb}).problems,
    ):
        assert [problem.code for problem in problems] == ["too-many-values"]
