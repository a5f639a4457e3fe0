"""Rules of a workspace: the file, and decisions by it beside the rules of the settings."""

from typing import Any

import pytest

from stroem.records.principal import Principal
from stroem.records.problem import describe
from stroem.rights.place import ANYTHING, SERVER, Place
from stroem.rights.rights import Rights
from stroem.rights.rules_file import parse_rules_file
from stroem.rights.workspace_rules import WorkspaceRules
from tests.rights.test_decisions import settings

ANN = Principal(kind="user", name="ann@example.com", groups=frozenset({"dev"}))
ROOT = Principal(kind="user", name="root@example.com", is_admin=True)
MAIN = Place(workspace="main", task="deploy/web")
WORKSPACES = {"access": {"type": "folder", "path": "/nowhere"}}
VIEW_ALL = "rules: [{role: viewer, everyone: true}]"


def rights_of(text: str, **rights: Any) -> Rights:
    """The rights by such a file in release 7 of the workspace `access`, beside the settings."""
    file = parse_rules_file(text.encode())
    assert file.problems == ()
    own = settings(workspaces=WORKSPACES, rules_from="access", **rights)
    return Rights(own, WorkspaceRules(workspace="access", release=7, file=file))


def said(text: str | bytes) -> list[str]:
    data = text if isinstance(text, bytes) else text.encode()
    return [describe(problem) for problem in parse_rules_file(data).problems]


def test_a_file_gives_roles_and_rules() -> None:
    text = """\
roles:
  deployer: {verbs: [job.run, "logs.*"]}
rules:
  - {role: deployer, groups: [dev], workspaces: [main], tasks: ["deploy/*"]}
"""
    rights = rights_of(text)
    assert rights.decide(ANN, "job.run", MAIN).is_allowed
    assert rights.decide(ANN, "logs.read", MAIN).is_allowed
    assert not rights.decide(ANN, "job.cancel", MAIN).is_allowed
    assert not rights.decide(ANN, "job.run", Place(workspace="main", task="other")).is_allowed


def test_a_decision_names_workspace_file_line_rule_and_release() -> None:
    text = "rules:\n  - {role: viewer, everyone: true}\n  - role: operator\n    groups: [dev]\n"
    found = rights_of(text).decide(ANN, "job.run", MAIN)
    assert found.rule == "access/stroem-rules.yaml:3 (rules[1] of release 7)"
    assert found.reason.startswith(f"{found.rule} allows job.run at task main/deploy/web")


def test_rules_of_the_settings_come_first_and_denials_of_both_win() -> None:
    deny = {"effect": "deny", "verbs": ["job.run"], "groups": ["dev"]}
    found = rights_of("rules: [{role: operator, groups: [dev]}]", rules=[deny]).decide(ANN, "job.run", MAIN)
    assert (found.is_allowed, found.rule) == (False, "rules[0]")
    allow = {"role": "operator", "groups": ["dev"]}
    found = rights_of("rules: [{effect: deny, verbs: [job.run], groups: [dev]}]", rules=[allow]).decide(
        ANN, "job.run", MAIN
    )
    assert (found.is_allowed, found.rule) == (False, "access/stroem-rules.yaml:1 (rules[0] of release 7)")
    found = rights_of(VIEW_ALL, rules=[{"role": "viewer", "groups": ["dev"]}]).decide(ANN, "job.read", MAIN)
    assert (found.is_allowed, found.rule) == (True, "rules[0]")


LOCK_OUT = 'rules: [{effect: deny, verbs: ["*"], everyone: true}]'


def test_no_file_locks_out_administrators_or_whom_the_settings_give_the_role_admin() -> None:
    rights = rights_of(LOCK_OUT, rules=[{"role": "admin", "groups": ["dev"], "workspaces": ["main"]}])
    assert rights.decide(ROOT, "user.manage", SERVER).is_allowed
    assert rights.decide(ANN, "workspace.rollback", MAIN).is_allowed
    assert rights.decide(ANN, "workspace.rollback", MAIN).rule == "rules[0]"
    assert rights.judge(ANN).tasks_with("job.run", "main", {"a": "x/a"}) == {"a"}
    assert rights.judge(ANN).at(Place(workspace="main")).is_visible
    other = Place(workspace="other", task="a")
    assert not rights.decide(ANN, "job.run", other).is_allowed
    assert rights.judge(ANN).tasks_with("job.run", "other", {"a": "x/a"}) == frozenset()


def test_a_file_takes_away_what_the_settings_give_by_other_roles() -> None:
    rights = rights_of(LOCK_OUT, rules=[{"role": "editor", "groups": ["dev"]}])
    assert not rights.judge(ANN).at(MAIN).is_visible
    assert rights.judge(ANN).tasks_with("job.run", "main", {"a": "a"}) == frozenset()


@pytest.mark.parametrize("verb", ["workspace.pin", "workspace.rollback", "workspace.approve", "workspace.suspend"])
def test_no_file_lets_anybody_choose_the_release_that_it_comes_from(verb: Any) -> None:
    text = "rules:\n  - {role: editor, groups: [dev]}\n"
    rights = rights_of(text)
    own, main = Place(workspace="access"), Place(workspace="main")
    assert rights.decide(ANN, verb, main).is_allowed
    found = rights.decide(ANN, verb, own)
    assert not found.is_allowed
    assert "access/stroem-rules.yaml:2 (rules[0] of release 7) may not" in found.reason
    assert verb not in rights.judge(ANN).at(ANYTHING).verbs
    assert "workspace.sync" in rights.judge(ANN).at(own).verbs
    assert rights_of(text, rules=[{"role": "editor", "groups": ["dev"]}]).decide(ANN, verb, own).is_allowed


@pytest.mark.parametrize(
    ("rule", "place"),
    [
        ("{role: admin, groups: [dev]}", "2:12"),
        ('{verbs: ["*"], groups: [dev]}', "2:6"),
        ("{verbs: [user.manage], groups: [dev]}", "2:6"),
        ("{verbs: [user.*, job.run], groups: [dev]}", "2:6"),
        ("{role: own, groups: [dev]}", "2:12"),
    ],
)
def test_no_file_gives_what_outlasts_it(rule: str, place: str) -> None:
    (found,) = said(f"rules:\n  - {rule}\nroles: {{own: {{verbs: [worker.admit]}}}}\n")
    assert found.startswith(f"stroem-rules.yaml:{place}: rules[0].")
    assert found.endswith("which only rules in the settings of the server give")


def test_a_file_may_deny_what_it_may_not_give() -> None:
    assert said('rules: [{effect: deny, verbs: ["*"], groups: [dev]}, {effect: deny, role: admin, users: [a]}]') == []


def test_a_file_does_not_redefine_roles_of_the_settings_or_use_them() -> None:
    roles = {"own": {"verbs": ["job.read"]}}
    text = "roles: {own: {verbs: [job.run]}}\nrules: [{role: viewer, users: [nobody@example.com]}]"
    rights = rights_of(text, roles=roles, rules=[{"role": "own", "groups": ["dev"]}])
    assert not rights.decide(ANN, "job.run", MAIN).is_allowed
    (found,) = said("rules: [{role: own, groups: [dev]}]")
    assert "there is no role 'own'" in found


def test_every_mistake_is_told_with_its_place() -> None:
    text = """\
roles:
  admin: {verbs: [job.run]}
  own: {verbs: [job.rum]}
  empty: {verbs: []}
rules:
  - {role: viewr, groups: [dev]}
  - {role: viewer}
  - {verbs: [job.fly, "x.*"], everyone: true, tasks: []}
  - {groups: [dev], effekt: deny}
  - {role: viewer, groups: dev}
  - {role: viewer, users: [" "], workspaces: 5}
rule: []
"""
    found = [one.replace("stroem-rules.yaml:", "") for one in said(text)]
    assert [one.split(": ")[0] for one in found] == [
        "2:3",
        "3:17",
        "4:11",
        "6:12",
        "7:5",
        "8:14",
        "8:23",
        "8:47",
        "9:21",
        "10:28",
        "11:28",
        "11:46",
        "12:1",
    ]
    assert "roles.own.verbs[0]: there is no verb 'job.rum'" in found[1]
    assert "did you mean 'viewer'?" in found[3]
    assert "needs groups, users, service_accounts, or everyone: true" in found[4]
    assert "there is no verb 'job.fly'" in found[5]
    assert "unknown key 'effekt'" in found[8]
    assert "expected a list, found text" in found[9]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "'rules' is missing (write [] to give nothing)"),
        (b"rules:", "'rules' is missing"),
        (b"[]", "expected a mapping, found a list"),
        (b"rules: {a: b}", "expected a list, found a mapping"),
        (b"roles: []\nrules: []", "expected a mapping, found a list"),
        (b"rules: [", "did not find expected node content"),
        (b"\xff\xfe\x00", ""),
        (b"rules: []\nrules: [{role: viewer, everyone: true}]", "'rules' is there twice"),
        (b"rules: [&a {role: viewer, everyone: true}, *b]", ""),
    ],
)
def test_a_file_that_cannot_be_read_gives_nothing(data: bytes, message: str) -> None:
    file = parse_rules_file(data)
    assert file.problems
    assert message in describe(file.problems[0])
    assert (file.roles, file.rules) == ({}, ())


def test_a_file_without_rules_denies_everything() -> None:
    assert not rights_of("rules: []").decide(ANN, "job.read", MAIN).is_allowed


def test_rules_that_are_not_in_effect_deny_and_say_why() -> None:
    own = settings(workspaces=WORKSPACES, rules_from="access", rules=[{"verbs": ["job.read"], "groups": ["dev"]}])
    file = parse_rules_file(VIEW_ALL.encode())
    rights = Rights(own, WorkspaceRules(workspace="access", release=7, file=file, error="it is broken"))
    assert rights.decide(ANN, "job.read", MAIN).is_allowed
    found = rights.decide(ANN, "task.read", MAIN)
    assert not found.is_allowed
    assert found.reason.endswith("the rules of workspace access are not in effect: it is broken")


def test_rules_from_alone_is_default_deny() -> None:
    rights = Rights(settings(workspaces=WORKSPACES, rules_from="access"))
    assert rights.has_rules
    assert not rights.decide(ANN, "job.read", MAIN).is_allowed


def test_many_mistakes_are_bounded() -> None:
    verbs = ", ".join(f"job.x{number}" for number in range(20_000))
    assert len(parse_rules_file(f"rules: [{{verbs: [{verbs}], groups: [dev]}}]".encode()).problems) <= 501
