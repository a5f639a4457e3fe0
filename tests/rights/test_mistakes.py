"""Mistakes in the settings of rights."""

from typing import Any

import pytest

from stroem.errors import SettingsError
from stroem.rights.mistakes import rights_mistakes
from stroem.settings.loader import server_settings
from stroem.settings.reload import reload
from tests.rights.test_decisions import AUTH, BASE, settings

RULE = {"role": "viewer", "groups": ["ops"]}


@pytest.mark.parametrize(
    ("given", "field", "message"),
    [
        ({"rules": [{**RULE, "role": "viewr"}]}, "rules[0].role", "there is no role 'viewr'; did you mean 'viewer'?"),
        ({"rules": [{"role": "viewer"}]}, "rules[0]", "needs groups, users, service_accounts, or everyone: true"),
        ({"rules": [{"groups": ["ops"]}]}, "rules[0]", "needs role or verbs"),
        ({"rules": [{**RULE, "verbs": ["job.rum"]}]}, "rules[0].verbs[0]", "there is no verb 'job.rum'; did you mean"),
        ({"rules": [{**RULE, "groups": [" "]}]}, "rules[0].groups[0]", "is empty"),
        ({"rules": [{**RULE, "tasks": []}]}, "rules[0].tasks", "is empty; leave it out for all"),
        ({"roles": {"admin": {"verbs": ["*"]}}}, "roles.admin", "is a role that every server has"),
        ({"roles": {"own": {"verbs": []}}}, "roles.own.verbs", "names no verb"),
        ({"roles": {"own": {"verbs": ["x.*"]}}}, "roles.own.verbs[0]", "there is no verb 'x.*'"),
        ({"rules": [RULE], "acl": {}}, "rules", "cannot stand beside acl; remove one of them"),
    ],
)
def test_each_mistake_has_its_place(given: dict[str, Any], field: str, message: str) -> None:
    (found,) = rights_mistakes(settings(**given))
    assert found.field == field
    assert found.message.startswith(message)


@pytest.mark.parametrize(
    "given", [{"acl": {}}, {"rules": [RULE]}, {"rules": []}, {"roles": {"own": {"verbs": ["job.*"]}}}]
)
def test_rights_without_sign_in_are_refused(given: dict[str, Any]) -> None:
    (found,) = rights_mistakes(server_settings({**BASE, **given}, {}))
    assert found.message == "needs the section auth: without sign-in everybody may do everything"


def test_valid_settings_have_no_mistakes() -> None:
    own = {"deployer": {"verbs": ["job.*", "logs.read"]}}
    rules = [RULE, {"role": "deployer", "everyone": True}, {"effect": "deny", "verbs": ["*"], "users": ["x@y.z"]}]
    assert rights_mistakes(settings(roles=own, rules=rules)) == []


def test_changed_rules_take_effect_at_once() -> None:
    found = reload(settings(), server_settings({**BASE, "auth": AUTH, "rules": [RULE]}, {}))
    assert found.changed == ("rules",)
    assert found.needs_restart == ()
    assert found.settings.rules is not None
    assert len(found.settings.rules) == 1


def test_rules_that_are_taken_out_of_the_settings_take_effect_at_once() -> None:
    assert reload(settings(), settings(rules=[])).changed == ("rules",)


@pytest.mark.parametrize("name", ["rules", "acl", "auth"])
def test_a_section_without_a_value_is_a_mistake(name: str) -> None:
    with pytest.raises(SettingsError, match=f"{name}: has no value"):
        settings(**{name: None})


FROM = {"rules_from": "access", "workspaces": {"access": {"type": "folder", "path": "/nowhere"}}}


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({**FROM, "rules_from": "acces"}, "the section workspaces has no workspace 'acces'; did you mean 'access'?"),
        ({"rules_from": "access"}, "the section workspaces has no workspace 'access'"),
        ({**FROM, "acl": {}}, "cannot stand beside acl; remove one of them"),
    ],
)
def test_mistakes_in_the_workspace_that_gives_rights(given: dict[str, Any], message: str) -> None:
    (found,) = rights_mistakes(settings(**given))
    assert (found.field, found.message) == ("rules_from", message)


def test_a_workspace_that_gives_rights_needs_sign_in_and_takes_effect_at_once() -> None:
    (found,) = rights_mistakes(server_settings({**BASE, **FROM}, {}))
    assert (found.field, found.message[:22]) == ("rules_from", "needs the section auth")
    assert rights_mistakes(settings(**FROM)) == []
    assert "rules_from" in reload(settings(workspaces=FROM["workspaces"]), settings(**FROM)).changed
