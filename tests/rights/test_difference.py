"""The difference between the decisions of two sets of rules."""

import hashlib
import itertools

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from stroem.records.release_plan import RightsChange
from stroem.rights.difference import OwnRules, is_done_at, rights_changes
from stroem.rights.place import Place
from stroem.rights.roles import ROLES
from stroem.rights.rules import Rules
from stroem.rights.rules_file import parse_rules_file
from stroem.rights.verbs import VERBS
from stroem.rights.workspace_rules import RulesFile, WorkspaceRules
from stroem.server.routes import ROUTES
from stroem.settings.rights import RuleSettings


def file_of(*rules: str) -> RulesFile:
    text = "rules:" + "".join(f"\n  - {{{rule}}}" for rule in rules) + (" []" if not rules else "")
    file = parse_rules_file(text.encode(), hashlib.sha256(text.encode()).hexdigest())
    assert file.problems == ()
    return file


def said(old: RulesFile | None, new: RulesFile | None, own: OwnRules | None = None) -> list[str]:
    found, left_out = rights_changes(old, new, own or OwnRules(workspace="access"))
    assert left_out == 0
    return [_line(one) for one in found]


def _line(one: RightsChange) -> str:
    but = f" but not {', '.join(one.except_at)}" if one.except_at else ""
    return f"{one.kind} {one.name} {one.change} {','.join(one.verbs)} {one.workspaces}/{one.tasks}{but}"


RUN = "verbs: [job.run], workspaces: [main]"


def test_the_same_rules_in_other_words_change_nothing() -> None:
    old = file_of(
        "verbs: [job.run], groups: [dev], workspaces: [a]", "verbs: [job.run], groups: [dev], workspaces: [b]"
    )
    new = file_of(
        "verbs: ['job.ru*'], groups: [dev], workspaces: [b, a]", "verbs: [job.run], groups: [dev], workspaces: [a]"
    )
    assert said(old, new) == []


def test_gains_and_losses_are_told_for_each_subject() -> None:
    old = file_of(f"{RUN}, groups: [dev], users: [bob@example.com]")
    new = file_of(
        "verbs: [job.run], groups: [dev], workspaces: [main], tasks: ['deploy/*']", f"{RUN}, service_accounts: [ci]"
    )
    assert said(old, new) == [
        "group dev lost job.run main/* but not main/deploy/*",
        "user bob@example.com lost job.run main/*",
        "service_account ci gained job.run main/*",
    ]
    assert said(None, new)[0] == "group dev gained job.run main/deploy/*"
    assert said(new, None)[0] == "group dev lost job.run main/deploy/*"


def test_a_denial_is_an_exception() -> None:
    new = file_of(f"{RUN}, groups: [dev]", "effect: deny, verbs: [job.run], groups: [dev], tasks: ['secret/*']")
    assert said(file_of(), new) == ["group dev gained job.run main/* but not main/secret/*"]
    assert said(file_of(f"{RUN}, groups: [dev]"), new) == ["group dev lost job.run main/secret/*"]


def test_patterns_that_meet_are_compared_where_they_meet() -> None:
    old = file_of("verbs: [job.run], groups: [dev], workspaces: [main], tasks: ['web-*']")
    new = file_of(
        "verbs: [job.run], groups: [dev], workspaces: [main], tasks: ['web-*']",
        "effect: deny, verbs: [job.run], groups: [dev], tasks: ['*-prod']",
    )
    assert said(old, new) == ["group dev lost job.run main/web-*-prod"]


def test_what_everyone_gains_is_told_once_with_those_who_do_not() -> None:
    new = file_of(
        f"{RUN}, everyone: true", f"{RUN}, groups: [dev]", "effect: deny, verbs: [job.run], groups: [interns]"
    )
    assert said(file_of(), new) == [
        "everyone  gained job.run main/*",
        "group interns withheld job.run main/*",
    ]
    old = file_of(f"{RUN}, everyone: true", f"{RUN}, groups: [dev]")
    assert said(old, file_of(f"{RUN}, groups: [dev]")) == [
        "everyone  lost job.run main/*",
        "group dev kept job.run main/*",
    ]


def test_rules_of_the_settings_count() -> None:
    allow = RuleSettings(verbs=("job.run",), groups=("dev",))
    deny = RuleSettings(effect="deny", verbs=("job.run",), groups=("dev",), tasks=("secret",))
    new = file_of(f"{RUN}, groups: [dev]")
    assert said(None, new, OwnRules(workspace="access", rules=[allow])) == []
    assert said(None, new, OwnRules(workspace="access", rules=[deny])) == [
        "group dev gained job.run main/* but not main/secret"
    ]


def test_the_release_of_the_rules_is_an_exception() -> None:
    found = said(None, file_of("verbs: ['workspace.*'], groups: [dev]"))
    assert found == [
        "group dev gained workspace.approve,workspace.pin,workspace.rollback,workspace.suspend */* but not access/*",
        "group dev gained workspace.read,workspace.sync */*",
    ]


def test_verbs_are_told_where_they_mean_something() -> None:
    (found,) = said(None, file_of("verbs: ['worker.drain', 'workspace.sync', job.run], groups: [dev], tasks: [a]"))
    assert found == "group dev gained job.run */a"
    (found,) = said(None, file_of("verbs: ['worker.drain', 'workspace.sync'], groups: [dev], workspaces: [main]"))
    assert found == "group dev gained workspace.sync main/*"


def test_each_verb_is_of_tasks_workspaces_or_the_server_as_its_routes_are() -> None:
    for route in ROUTES:
        if route.verb is None or route.is_filtered:
            continue
        at_workspace, at_task = is_done_at(route.verb, ("main", "*")), is_done_at(route.verb, ("main", "open"))
        if any(part in route.path for part in ("{task}", "{job_id}")):
            assert at_task, route
        elif "{workspace}" in route.path:
            assert at_workspace, route
    assert not any(is_done_at(verb, ("main", "*")) for verb in ("user.manage", "worker.read", "settings.read"))
    assert all(is_done_at(verb, ("*", "*")) for verb in VERBS)


def test_many_patterns_are_bounded_and_counted() -> None:
    tasks = ", ".join(f"'t{number}*'" for number in range(200))
    subjects = ", ".join(f"g{number}" for number in range(100))
    found, left_out = rights_changes(
        None, file_of(f"verbs: [job.run], groups: [{subjects}], tasks: [{tasks}]"), OwnRules()
    )
    assert left_out > 0
    assert len({one.name for one in found}) == 100


_PARTS = ["*", "a*", "*b", "ab", "b", "c"]
_RULES = st.lists(
    st.tuples(st.booleans(), st.sampled_from(["job.run", "job.*", "logs.read"]), *[st.sampled_from(_PARTS)] * 2),
    max_size=4,
)


@example(old=[(False, "job.run", "*", "*")], new=[(False, "job.run", "*", "a*"), (True, "job.run", "*", "*b")])
@given(old=_RULES, new=_RULES)
@settings(deadline=None, max_examples=150)
def test_what_is_told_is_what_decisions_say(
    old: list[tuple[bool, str, str, str]], new: list[tuple[bool, str, str, str]]
) -> None:
    """At each place: somebody gains exactly what a row that reaches the place says, unless a narrower one says else."""
    files = [
        RulesFile(
            rules=tuple(
                RuleSettings(
                    effect="deny" if deny else "allow", verbs=(verb,), groups=("dev",), workspaces=(w,), tasks=(t,)
                )
                for deny, verb, w, t in rules
            ),
            lines=(1,) * len(rules),
        )
        for rules in (old, new)
    ]
    rows, _ = rights_changes(*files, OwnRules(workspace="w"))
    sides = [Rules((), {}, WorkspaceRules(workspace="w", file=file)).of(iter([("group", "dev")])) for file in files]
    for workspace, task in itertools.product(("ab", "b", "c", "axb", "z"), repeat=2):
        was, now = (side.at(Place(workspace=workspace, task=task)).verbs for side in sides)
        gained, lost = now - was, was - now
        told = {"gained": set[str](), "lost": set[str]()}
        for row in rows:
            if _reaches(row, workspace, task):
                told[row.change] |= set(row.verbs)
        assert gained <= told["gained"], (workspace, task)
        assert lost <= told["lost"], (workspace, task)
        assert not told["gained"] - now, (workspace, task)
        assert not told["lost"] & now, (workspace, task)


def _reaches(row: RightsChange, workspace: str, task: str) -> bool:
    def matches(pattern: str) -> bool:
        w, _, t = pattern.partition("/")
        return _glob(w, workspace) and _glob(t, task)

    return matches(f"{row.workspaces}/{row.tasks}") and not any(map(matches, row.except_at))


def _glob(pattern: str, text: str) -> bool:
    first, star, last = pattern.partition("*")
    fits = len(text) >= len(first) + len(last) and text.startswith(first) and text.endswith(last)
    return fits if star else text == pattern


@pytest.mark.parametrize("role", ["viewer", "operator", "editor"])
def test_a_role_gives_its_verbs(role: str) -> None:
    rows, _ = rights_changes(None, file_of(f"role: {role}, groups: [dev]"), OwnRules(workspace="access"))
    assert {verb for row in rows for verb in row.verbs} == ROLES[role]
