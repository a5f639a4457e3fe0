"""Questions about rights."""

from tests.server.rights.conftest import ADMIN, Guarded

ANN = {"name": "ann@example.com", "groups": ["ops"]}
RULES = [
    {"role": "deployer", "groups": ["ops"], "workspaces": ["main"], "tasks": ["demo/*"]},
    {"effect": "deny", "verbs": ["job.cancel"], "groups": ["ops"]},
]
ROLES = {"deployer": {"verbs": ["job.*", "task.read"]}}


async def test_can_i(guarded: Guarded) -> None:
    guarded.replace(roles=ROLES, rules=RULES)
    task = {"workspace": "main", "task": "open"}
    assert await guarded.get(ANN, "/api/auth/can-i", verb="job.run", **task) == {
        "is_allowed": True,
        "is_visible": True,
        "rule": "rules[0]",
        "reason": "rules[0] allows job.run at task main/demo/open",
    }
    denied = await guarded.get(ANN, "/api/auth/can-i", verb="job.cancel", **task)
    assert (denied["is_allowed"], denied["is_visible"], denied["rule"]) == (False, True, "rules[1]")
    hidden = await guarded.get(ANN, "/api/auth/can-i", verb="job.run", workspace="main", task="hidden")
    assert hidden == await guarded.get(ANN, "/api/auth/can-i", verb="job.run", workspace="main", task="unknown")
    assert not hidden["is_visible"]
    root = await guarded.get(ADMIN, "/api/auth/can-i", verb="user.manage")
    assert root["reason"] == "an administrator may do everything"


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
