"""Decisions against a slow reference, and single cases."""

import re
import uuid
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stroem.records.principal import ANONYMOUS, KeyScope, Principal
from stroem.rights.decision import NOTHING
from stroem.rights.globs import glob_matches
from stroem.rights.place import ANYTHING, SERVER, Place
from stroem.rights.reach import reach_of
from stroem.rights.rights import Rights
from stroem.rights.roles import ROLES
from stroem.rights.verbs import ADMIN_VERBS, VERBS, Verb
from stroem.settings.loader import server_settings
from stroem.settings.server import ServerSettings

BASE: dict[str, Any] = {
    "listen": "127.0.0.1:0",
    "db": {"url": "postgresql://localhost/db"},
    "worker_token": "t" * 32,
    "log_storage": {"local_dir": "logs"},
}
AUTH = {"jwt_secret": "j" * 32}
ANN = Principal(kind="user", name="ann@example.com", id=uuid.UUID(int=1), groups=frozenset({"ops"}))
ADMIN = attrs.evolve(ANN, name="root@example.com", is_admin=True)
BOT = Principal(kind="service", name="ann@example.com", id=uuid.UUID(int=2))
GONE = Place(workspace="prod", task="deploy/web", is_task_gone=True)
WEB = Place(workspace="prod", task="deploy/web")
TEXT = st.text("ab/", max_size=6)
PATTERN = st.text("ab/*", max_size=6)
NAMES = st.sampled_from(["a", "b", "ab", "ba"])
PATHS = st.sampled_from(["a", "b", "a/a", "a/b", "b/ab", "a/b/a"])
SUBJECTS = st.sampled_from(
    [{"groups": ["ops"]}, {"users": ["ANN@example.com"]}, {"everyone": True}, {"groups": ["others"]}]
)
PATTERNS = st.lists(st.sampled_from(["*", "a", "a*", "*b", "a/*", "b", "*/b*"]), min_size=1, max_size=2)
VERB_PATTERNS = st.lists(st.sampled_from(["job.run", "job.*", "*.read", "logs.read"]), max_size=2)
RULE = st.builds(
    lambda subject, **more: {**subject, **more},
    SUBJECTS,
    effect=st.sampled_from(["allow", "allow", "deny"]),
    role=st.sampled_from(["viewer", "operator", "approver"]),
    verbs=VERB_PATTERNS,
    workspaces=PATTERNS,
    tasks=PATTERNS,
)
GRANT = st.builds(
    lambda subject, **more: {**{k: v for k, v in subject.items() if k != "everyone"}, **more},
    SUBJECTS,
    action=st.sampled_from(["deny", "view", "run"]),
    workspace=st.sampled_from(["*", "a", "a*", "*b"]),
    tasks=PATTERNS,
)
ACL = st.fixed_dictionaries({"default": st.sampled_from(["deny", "view", "run"]), "rules": st.lists(GRANT, max_size=5)})
POLICY = st.one_of(
    st.builds(lambda rules: {"rules": rules}, st.lists(RULE, min_size=1, max_size=5)),
    st.builds(lambda acl: {"acl": acl}, ACL),
)
SCOPE = PATTERNS.map(tuple) | st.just(())
VERB_SCOPE = VERB_PATTERNS.map(tuple)
VERB = st.sampled_from(["job.run", "job.read", "logs.read", "task.read", "job.approve"])


def settings(**more: Any) -> ServerSettings:
    return server_settings({**BASE, "auth": AUTH, **more}, {})


def regular(pattern: str, text: str) -> bool:
    expression = ".*".join(re.escape(part) for part in pattern.split("*"))
    return re.fullmatch(expression, text, re.DOTALL) is not None


def concerns_ann(rule: dict[str, Any]) -> bool:
    return bool(rule.get("everyone") or "ops" in rule.get("groups", ()) or rule.get("users"))


def covers(rule: dict[str, Any], workspace: str, path: str) -> bool:
    workspaces = rule.get("workspaces") or [rule["workspace"]]
    return any(regular(one, workspace) for one in workspaces) and any(regular(one, path) for one in rule["tasks"])


@given(PATTERN, TEXT)
def test_patterns_match_as_regular_expressions_do(pattern: str, text: str) -> None:
    assert glob_matches(pattern, text) == regular(pattern, text)


def test_a_hostile_pattern_takes_linear_time() -> None:
    assert not glob_matches("*a" * 5000 + "b", "a" * 100_000)


@given(st.lists(RULE, max_size=6), VERB, NAMES, PATHS)
def test_deny_wins_and_nothing_is_allowed_without_a_rule(
    rules: list[dict[str, Any]], verb: Verb, workspace: str, path: str
) -> None:
    rules = [*rules, {"role": "viewer", "groups": ["nobody"]}]
    effects = set()
    for rule in rules:
        verbs = set(ROLES[rule["role"]]) | {v for v in VERBS if any(regular(p, v) for p in rule.get("verbs", ()))}
        if concerns_ann(rule) and verb in verbs and covers(rule, workspace, path):
            effects.add(rule["effect"])
    decision = Rights(settings(rules=rules)).decide(ANN, verb, Place(workspace=workspace, task=path))
    assert decision.is_allowed == (effects == {"allow"})
    assert (decision.rule is None) == (effects == set())
    assert decision.is_visible or not decision.is_allowed


@given(ACL, VERB, NAMES, PATHS)
def test_the_highest_permission_of_the_acl_wins(acl: dict[str, Any], verb: Verb, workspace: str, path: str) -> None:
    ranks = ["deny", "view", "run"]
    found = [r["action"] for r in acl["rules"] if concerns_ann(r) and covers(r, workspace, path)] or [acl["default"]]
    highest = max(found, key=ranks.index)
    wanted = highest == "run" or (highest == "view" and verb.endswith(".read"))
    decision = Rights(settings(acl=acl)).decide(ANN, verb, Place(workspace=workspace, task=path))
    assert decision.is_allowed == wanted
    assert decision.is_visible == (highest != "deny")


@given(
    st.one_of(
        st.builds(lambda r: {"rules": r}, st.lists(RULE, min_size=1, max_size=5)), st.builds(lambda a: {"acl": a}, ACL)
    ),
    VERB,
    st.dictionaries(NAMES, st.dictionaries(NAMES, PATHS, max_size=4), max_size=3),
    st.none() | st.builds(KeyScope, prefix=st.just("k"), workspaces=SCOPE, tasks=SCOPE, verbs=VERB_SCOPE),
)
def test_a_reach_is_what_single_decisions_allow(
    policy: dict[str, Any], verb: Verb, paths: dict[str, dict[str, str]], key: KeyScope | None
) -> None:
    rights = Rights(settings(**policy))
    principal = attrs.evolve(ANN, key=key)
    reach = reach_of(rights.judge(principal), verb, paths)
    for workspace, tasks in paths.items():
        for name, path in tasks.items():
            allowed = rights.decide(principal, verb, Place(workspace=workspace, task=path)).is_allowed
            assert (reach is None or reach.includes(workspace, name)) == allowed
        gone = rights.decide(principal, verb, Place(workspace=workspace, task="x", is_task_gone=True)).is_allowed
        assert (reach is None or reach.includes(workspace)) == gone
        assert not gone or all(reach is None or reach.includes(workspace, name) for name in tasks)


@given(
    st.one_of(
        st.builds(lambda r: {"rules": r}, st.lists(RULE, min_size=1, max_size=5)), st.builds(lambda a: {"acl": a}, ACL)
    ),
    VERB,
    NAMES,
    PATHS,
)
def test_what_is_allowed_for_what_is_gone_is_allowed_everywhere(
    policy: dict[str, Any], verb: Verb, workspace: str, path: str
) -> None:
    rights = Rights(settings(**policy))
    task = rights.decide(ANN, verb, Place(workspace=workspace, task=path)).is_allowed
    assert task or not rights.decide(ANN, verb, Place(workspace=workspace, task=path, is_task_gone=True)).is_allowed
    assert task or not rights.decide(ANN, verb, ANYTHING).is_allowed


@pytest.mark.parametrize("verb", sorted(VERBS))
def test_without_rules_only_administrators_administer(verb: Verb) -> None:
    rights = Rights(settings())
    assert rights.decide(ADMIN, verb, SERVER).is_allowed
    assert rights.decide(ANN, verb, SERVER).is_allowed == (verb not in ADMIN_VERBS)
    assert not rights.decide(ANONYMOUS, verb, WEB).is_visible
    assert Rights(server_settings(BASE, {})).decide(ANONYMOUS, verb, WEB).is_allowed


def test_a_service_account_has_not_the_rules_of_a_person_of_its_name() -> None:
    rules = Rights(settings(rules=[{"role": "admin", "users": [ANN.name]}]))
    acl = Rights(settings(acl={"rules": [{"workspace": "*", "action": "run", "users": [ANN.name]}]}))
    for rights in (rules, acl):
        assert rights.decide(ANN, "job.run", WEB).is_allowed
        assert not rights.decide(BOT, "job.run", WEB).is_visible


@pytest.mark.parametrize(
    ("scope", "verb", "place", "is_allowed", "is_visible"),
    [
        ({}, "job.run", WEB, True, True),
        ({"verbs": ("job.*",)}, "job.run", WEB, True, True),
        ({"verbs": ("job.*",)}, "logs.read", WEB, False, True),
        ({"workspaces": ("prod",)}, "job.run", WEB, True, True),
        ({"workspaces": ("test",)}, "job.run", WEB, False, False),
        ({"workspaces": ("prod",)}, "worker.read", SERVER, False, False),
        ({"tasks": ("deploy/*",)}, "job.run", WEB, True, True),
        ({"tasks": ("deploy/*",)}, "workspace.read", Place(workspace="prod"), True, True),
        ({"tasks": ("deploy/*",)}, "source.read", Place(workspace="prod"), False, True),
        (
            {"tasks": ("deploy/*",)},
            "job.run",
            Place(workspace="prod", task="deploy/web", is_task_gone=True),
            False,
            False,
        ),
        ({"verbs": ("user.manage",)}, "user.manage", SERVER, True, True),
    ],
)
def test_a_key_narrows_what_its_owner_may_do(
    scope: dict[str, Any], verb: Verb, place: Place, is_allowed: bool, is_visible: bool
) -> None:
    principal = attrs.evolve(ADMIN, key=KeyScope(prefix="strm_abc", **scope))
    decision = Rights(settings()).decide(principal, verb, place)
    assert (decision.is_allowed, decision.is_visible) == (is_allowed, is_visible)


def test_a_key_does_not_widen() -> None:
    principal = attrs.evolve(ANN, key=KeyScope(prefix="strm_abc", verbs=("*",)))
    assert not Rights(settings()).decide(principal, "user.manage", SERVER).is_allowed


def test_rules_for_some_tasks_show_their_workspace_but_not_its_files() -> None:
    rights = Rights(settings(rules=[{"role": "editor", "groups": ["ops"], "tasks": ["deploy/*"]}]))
    workspace = Place(workspace="prod")
    assert rights.decide(ANN, "workspace.read", workspace).is_allowed
    for verb in ("source.read", "workspace.sync", "workspace.rollback", "state.write"):
        assert not rights.decide(ANN, verb, workspace).is_allowed
    assert not rights.decide(ANN, "worker.read", SERVER).is_allowed


def test_who_may_not_see_some_tasks_does_not_read_the_files_of_the_workspace() -> None:
    rules = [
        {"role": "editor", "groups": ["ops"]},
        {"effect": "deny", "verbs": ["*"], "groups": ["ops"], "tasks": ["secret/*"]},
    ]
    rights = Rights(settings(rules=rules))
    assert not rights.decide(ANN, "task.read", Place(workspace="prod", task="secret/x")).is_visible
    assert not rights.decide(ANN, "source.read", Place(workspace="prod")).is_allowed
    assert rights.decide(ANN, "workspace.sync", Place(workspace="prod")).is_allowed
    gone = rights.decide(ANN, "logs.read", Place(workspace="prod", task="x", is_task_gone=True))
    assert (gone.is_allowed, gone.rule) == (False, "rules[1]")


def test_the_reason_names_rule_verb_and_place() -> None:
    rights = Rights(settings(rules=[{"role": "viewer", "groups": ["ops"]}]))
    assert rights.decide(ANN, "job.read", WEB).reason == "rules[0] allows job.read at task prod/deploy/web"
    assert rights.decide(ANN, "job.run", WEB).reason == "no rule allows job.run at task prod/deploy/web"


def test_an_empty_list_of_rules_denies_everything_to_all_but_administrators() -> None:
    rights = Rights(settings(rules=[]))
    assert rights.has_rules
    for place in (SERVER, WEB, GONE, Place(workspace="prod")):
        assert rights.judge(ANN).at(place) == rights.judge(BOT).at(place) == NOTHING
        assert rights.judge(ADMIN).at(place).verbs == frozenset(VERBS)
    assert not Rights(settings()).has_rules
    assert rights.decide(ANN, "job.read", WEB).reason == "no rule allows job.read at task prod/deploy/web"


def test_an_acl_does_not_show_unknown_workspaces_where_it_denies_some() -> None:
    acl = {"default": "view", "rules": [{"workspace": "other", "action": "deny", "groups": ["ops"]}]}
    judge = Rights(settings(acl=acl)).judge(ANN)
    hidden, unknown = Place(workspace="other"), Place(workspace="othe", is_workspace_gone=True)
    assert judge.at(hidden) == judge.at(unknown) == NOTHING
    assert judge.at(Place(workspace="prod")).is_visible
