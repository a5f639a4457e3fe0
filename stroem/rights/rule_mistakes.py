"""Mistakes in roles and rules, wherever they are written."""

from collections.abc import Iterator, Mapping, Sequence

from stroem.conversion.mistake import Mistake, invalid_value
from stroem.conversion.suggestions import meant_or_known
from stroem.definitions.values import Path
from stroem.rights.roles import ROLES
from stroem.rights.rules import verbs_of, verbs_of_rule
from stroem.rights.verbs import SETTINGS_VERBS, VERBS
from stroem.settings.rights import RoleSettings, RuleSettings


def role_mistakes(roles: Mapping[str, RoleSettings]) -> Iterator[Mistake]:
    """The mistakes in roles of one's own."""
    for name, role in roles.items():
        path: Path = ("roles", name)
        if name in ROLES:
            yield invalid_value(path, "is a role that every server has; choose another name")
        yield from _unknown_verbs((*path, "verbs"), role.verbs)
        if not role.verbs:
            yield invalid_value((*path, "verbs"), "names no verb")


def rule_mistakes(rule: RuleSettings, path: Path, roles: Mapping[str, RoleSettings]) -> Iterator[Mistake]:
    """The mistakes in a rule, which may name `roles` and those of every server."""
    known = [*ROLES, *roles]
    if rule.role is None and not rule.verbs:
        yield invalid_value(path, "needs role or verbs")
    if rule.role is not None and rule.role not in known:
        yield invalid_value((*path, "role"), f"there is no role {rule.role!r}{meant_or_known(rule.role, known)}")
    yield from _unknown_verbs((*path, "verbs"), rule.verbs)
    subjects = {"groups": rule.groups, "users": rule.users, "service_accounts": rule.service_accounts}
    if not rule.everyone and not any(subjects.values()):
        yield invalid_value(path, "needs groups, users, service_accounts, or everyone: true")
    for kind, names in {**subjects, "workspaces": rule.workspaces, "tasks": rule.tasks}.items():
        for index, name in enumerate(names):
            if not name.strip():
                yield invalid_value((*path, kind, index), "is empty")
    for kind, patterns in (("workspaces", rule.workspaces), ("tasks", rule.tasks)):
        if not patterns:
            yield invalid_value((*path, kind), "is empty; leave it out for all")


def withheld_mistakes(rule: RuleSettings, path: Path, roles: Mapping[str, RoleSettings]) -> Iterator[Mistake]:
    """The mistake of a rule in a workspace that gives what only rules in the settings give."""
    given = verbs_of_rule(rule, roles) & SETTINGS_VERBS
    if rule.effect == "allow" and given:
        where = "role" if rule.role is not None and not verbs_of(rule.verbs) & SETTINGS_VERBS else "verbs"
        named = " and ".join(sorted(given))
        yield invalid_value((*path, where), f"gives {named}, which only rules in the settings of the server give")


def _unknown_verbs(path: Path, patterns: Sequence[str]) -> Iterator[Mistake]:
    for index, pattern in enumerate(patterns):
        if not verbs_of([pattern]):
            yield invalid_value((*path, index), f"there is no verb {pattern!r}{meant_or_known(pattern, list(VERBS))}")
