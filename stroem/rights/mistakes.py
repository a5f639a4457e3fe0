"""Mistakes in the settings of rights."""

from collections.abc import Iterator

from stroem.conversion.suggestions import meant_or_known
from stroem.errors import FieldError
from stroem.rights.rule_mistakes import role_mistakes, rule_mistakes
from stroem.settings.server import ServerSettings


def rights_mistakes(settings: ServerSettings) -> list[FieldError]:
    """Every mistake in `acl`, `roles`, `rules` and `rules_from`."""
    return list(_mistakes(settings))


def _mistakes(settings: ServerSettings) -> Iterator[FieldError]:
    has_rights = {
        "acl": settings.acl is not None,
        "roles": bool(settings.roles),
        "rules": settings.rules is not None,
        "rules_from": settings.rules_from is not None,
    }
    if settings.sign_in is None:
        message = "needs the section auth: without sign-in everybody may do everything"
        yield from (FieldError(field=name, message=message) for name, is_set in has_rights.items() if is_set)
        yield from _approvers_without_sign_in(settings)
    for name in ("rules", "rules_from"):
        if has_rights["acl"] and has_rights[name]:
            yield FieldError(field=name, message="cannot stand beside acl; remove one of them")
    if settings.rules_from is not None and settings.rules_from not in settings.workspaces:
        known = meant_or_known(settings.rules_from, list(settings.workspaces)) if settings.workspaces else ""
        message = f"the section workspaces has no workspace {settings.rules_from!r}{known}"
        yield FieldError(field="rules_from", message=message)
    for mistake in role_mistakes(settings.roles):
        yield mistake.field_error
    for index, rule in enumerate(settings.rules or ()):
        for mistake in rule_mistakes(rule, ("rules", index), settings.roles):
            yield mistake.field_error


def _approvers_without_sign_in(settings: ServerSettings) -> Iterator[FieldError]:
    message = "needs the section auth: without sign-in nobody can be told from others"
    for name, workspace in settings.workspaces.items():
        given = {"approvers": workspace.guards.approvers is not None, "four_eyes": workspace.guards.four_eyes}
        for key, is_set in given.items():
            if is_set:
                yield FieldError(field=f"workspaces.{name}.guards.{key}", message=message)
