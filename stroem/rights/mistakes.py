"""Mistakes in the settings of rights."""

from collections.abc import Iterator, Sequence

from stroem.conversion.suggestions import meant_or_known
from stroem.errors import FieldError
from stroem.rights.roles import ROLES
from stroem.rights.rules import verbs_of
from stroem.rights.verbs import VERBS
from stroem.settings.rights import RuleSettings
from stroem.settings.server import ServerSettings


def rights_mistakes(settings: ServerSettings) -> list[FieldError]:
    """Every mistake in `acl`, `roles` and `rules`."""
    return list(_mistakes(settings))


def _mistakes(settings: ServerSettings) -> Iterator[FieldError]:
    has_rights = {"acl": settings.acl is not None, "roles": bool(settings.roles), "rules": settings.rules is not None}
    if settings.sign_in is None:
        message = "needs the section auth: without sign-in everybody may do everything"
        yield from (FieldError(field=name, message=message) for name, is_set in has_rights.items() if is_set)
        yield from _approvers_without_sign_in(settings)
    if has_rights["acl"] and has_rights["rules"]:
        yield FieldError(field="rules", message="cannot stand beside acl; remove one of them")
    for name, role in settings.roles.items():
        if name in ROLES:
            yield FieldError(field=f"roles.{name}", message="is a role that every server has; choose another name")
        yield from _unknown_verbs(f"roles.{name}.verbs", role.verbs)
        if not role.verbs:
            yield FieldError(field=f"roles.{name}.verbs", message="names no verb")
    for index, rule in enumerate(settings.rules or ()):
        yield from _rule_mistakes(f"rules[{index}]", rule, [*ROLES, *settings.roles])


def _approvers_without_sign_in(settings: ServerSettings) -> Iterator[FieldError]:
    message = "needs the section auth: without sign-in nobody can be told from others"
    for name, workspace in settings.workspaces.items():
        given = {"approvers": workspace.guards.approvers is not None, "four_eyes": workspace.guards.four_eyes}
        for key, is_set in given.items():
            if is_set:
                yield FieldError(field=f"workspaces.{name}.guards.{key}", message=message)


def _rule_mistakes(field: str, rule: RuleSettings, roles: Sequence[str]) -> Iterator[FieldError]:
    if rule.role is None and not rule.verbs:
        yield FieldError(field=field, message="needs role or verbs")
    if rule.role is not None and rule.role not in roles:
        message = f"there is no role {rule.role!r}{meant_or_known(rule.role, roles)}"
        yield FieldError(field=f"{field}.role", message=message)
    yield from _unknown_verbs(f"{field}.verbs", rule.verbs)
    subjects = {"groups": rule.groups, "users": rule.users, "service_accounts": rule.service_accounts}
    if not rule.everyone and not any(subjects.values()):
        yield FieldError(field=field, message="needs groups, users, service_accounts, or everyone: true")
    for kind, names in {**subjects, "workspaces": rule.workspaces, "tasks": rule.tasks}.items():
        for index, name in enumerate(names):
            if not name.strip():
                yield FieldError(field=f"{field}.{kind}[{index}]", message="is empty")
    for kind, patterns in (("workspaces", rule.workspaces), ("tasks", rule.tasks)):
        if not patterns:
            yield FieldError(field=f"{field}.{kind}", message="is empty; leave it out for all")


def _unknown_verbs(field: str, patterns: Sequence[str]) -> Iterator[FieldError]:
    for index, pattern in enumerate(patterns):
        if not verbs_of([pattern]):
            message = f"there is no verb {pattern!r}{meant_or_known(pattern, list(VERBS))}"
            yield FieldError(field=f"{field}[{index}]", message=message)
