"""Questions about rights."""

from typing import Any

import attrs
import pytest

from stroem.definitions.approvers import Approvers
from stroem.server.keys import RECONCILER
from stroem.settings.release_guards import GuardSettings
from tests.server.rights.conftest import ADMIN, Guarded

ANN = {"name": "ann@example.com", "groups": ["ops"]}
RULES = [
    {"role": "deployer", "groups": ["ops"], "workspaces": ["main"], "tasks": ["demo/*"]},
    {"effect": "deny", "verbs": ["job.cancel"], "groups": ["ops"]},
]
ROLES = {"deployer": {"verbs": ["job.*", "task.read"]}}

APPROVALS = """
actions:
  strict:
    type: approval
    message: May it?
    approvers: {users: [eva@example.com], groups: [leads]}
    quorum: 2
    four_eyes: starter
  plain: {type: approval, message: May it?}
  rendered: {type: approval, message: May it?, approvers: {groups: ["{{ input.team }}"]}}
tasks:
  ship: {folder: demo, flow: {ask: {action: strict}}}
  either: {flow: {one: {action: strict}, two: {action: plain}}}
  free: {flow: {ask: {action: plain}}}
  rendered: {input: {team: {type: string}}, flow: {ask: {action: rendered}}}
"""


async def test_can_i(guarded: Guarded) -> None:
    guarded.replace(roles=ROLES, rules=RULES)
    task = {"workspace": "main", "task": "open"}
    assert await guarded.get(ANN, "/api/auth/can-i", verb="job.run", **task) == {
        "is_allowed": True,
        "is_visible": True,
        "rule": "rules[0]",
        "reason": "rules[0] allows job.run at task main/demo/open",
        "conditions": [],
    }
    by_path = {"workspace": "main", "task": "demo/open"}
    assert (await guarded.get(ANN, "/api/auth/can-i", verb="job.run", **by_path))["is_allowed"]
    denied = await guarded.get(ANN, "/api/auth/can-i", verb="job.cancel", **task)
    assert (denied["is_allowed"], denied["is_visible"], denied["rule"]) == (False, True, "rules[1]")
    hidden = await guarded.get(ANN, "/api/auth/can-i", verb="job.run", workspace="main", task="hidden")
    assert hidden == await guarded.get(ANN, "/api/auth/can-i", verb="job.run", workspace="main", task="unknown")
    assert not hidden["is_visible"]
    root = await guarded.get(ADMIN, "/api/auth/can-i", verb="user.manage")
    assert root["reason"] == "an administrator may do everything"


async def test_what_is_not_there_is_told_to_those_who_would_see_it(guarded: Guarded) -> None:
    guarded.replace(roles=ROLES, rules=[{"role": "deployer", "groups": ["ops"], "workspaces": ["main"]}])

    async def missing(who: dict[str, Any], workspace: str, task: str) -> str | None:
        found = await guarded.get(who, "/api/auth/can-i", verb="job.run", workspace=workspace, task=task)
        return found.get("missing")

    assert await missing(ANN, "main", "demo/opn") == "workspace 'main' has no task 'demo/opn'"
    assert await missing(ANN, "main", "secret/open") == "workspace 'main' has no task 'secret/open'"
    assert await missing(ANN, "gone", "open") is None
    assert await missing(ADMIN, "gone", "open") == "there is no workspace 'gone'"
    assert await missing(ADMIN, "other", "plain") is None


@pytest.mark.parametrize("workflows", [APPROVALS])
async def test_approvers_are_asked_for_beside_the_right(guarded: Guarded) -> None:
    guarded.replace(rules=[{"role": "approver", "everyone": True}])

    async def asked(who: dict[str, Any], task: str) -> tuple[bool, list[str]]:
        found = await guarded.get(who, "/api/auth/can-i", verb="job.approve", workspace="main", task=task)
        return found["is_allowed"], found["conditions"]

    terms = "is answered by eva@example.com, group leads alone; needs 2 approvals; is not approved by the starter"
    told = f"step 'ask': {terms}"
    assert await asked(ANN, "ship") == (False, [f"{told}; ann@example.com is none of them"])
    assert await asked({**ANN, "groups": ["leads"]}, "demo/ship") == (True, [told])
    assert await asked(ANN, "either") == (True, [f"step 'one': {terms}; ann@example.com is none of them"])
    assert await asked(ANN, "free") == (True, [])
    assert await asked(ANN, "rendered") == (True, ["step 'ask': is answered by group {{ input.team }} alone"])
    service = {**ANN, "name": "ci", "kind": "service"}
    assert (await asked(service, "free"))[0]
    assert (await asked(service, "rendered"))[1][0].endswith("; ci is no person")


async def test_guards_are_asked_for_beside_the_right(guarded: Guarded) -> None:
    guarded.replace(rules=[{"role": "editor", "everyone": True}])
    live = guarded.app[RECONCILER].workspaces.get("main")
    live.settings = attrs.evolve(
        live.settings, guards=GuardSettings(approvers=Approvers(groups=("leads",)), four_eyes=True)
    )
    query = {"verb": "workspace.approve", "workspace": "main"}
    found = await guarded.get(ANN, "/api/auth/can-i", **query)
    assert not found["is_allowed"]
    assert found["reason"].endswith(", but no approval there lets ann@example.com answer")
    terms = "is answered by group leads alone; is not approved by the author; ann@example.com is none of them"
    assert found["conditions"] == [f"a release that waits: {terms}"]
    assert (await guarded.get({**ANN, "groups": ["leads"]}, "/api/auth/can-i", **query))["is_allowed"]


async def test_clients_learn_that_there_are_rules(guarded: Guarded) -> None:
    assert not (await guarded.get(None, "/api/config"))["acl_enabled"]
    guarded.replace(rules=RULES, roles=ROLES)
    assert (await guarded.get(None, "/api/config"))["acl_enabled"]


async def test_wrong_questions(guarded: Guarded) -> None:
    status, answer = await guarded.ask(ANN, "GET", "/api/auth/can-i", params={"verb": "job.rum"})
    assert (status, answer["error"]) == (400, "There is no verb 'job.rum'; did you mean 'job.run'?")
    assert (await guarded.ask(ANN, "GET", "/api/auth/can-i", params={"verb": "job.run", "task": "open"}))[0] == 400
    assert (await guarded.ask(None, "GET", "/api/auth/can-i", params={"verb": "job.run"}))[0] == 401


async def test_verbs_and_roles(guarded: Guarded) -> None:
    guarded.replace(roles=ROLES, rules=RULES)
    found = await guarded.get(ANN, "/api/auth/verbs")
    assert {"verb": "job.run", "description": "Start, re-run and dry-run jobs"} in found["verbs"]
    assert set(found["roles"]) == {"viewer", "operator", "approver", "editor", "admin", "deployer"}
    assert "job.approve" in found["roles"]["deployer"]


async def test_my_verbs(guarded: Guarded) -> None:
    guarded.replace(roles=ROLES, rules=RULES)
    own = await guarded.get(ANN, "/api/auth/my-verbs", workspace="main", task="open")
    assert set(own["verbs"]) == {"job.approve", "job.pause", "job.read", "job.run", "job.signal", "task.read"}
    assert (await guarded.get(ANN, "/api/auth/my-verbs", workspace="other"))["verbs"] == []
    assert (await guarded.get(ANN, "/api/auth/my-verbs"))["verbs"] == []
    assert "user.manage" in (await guarded.get(ADMIN, "/api/auth/my-verbs"))["verbs"]
