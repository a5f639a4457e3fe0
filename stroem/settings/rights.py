"""Settings of rights: own roles, rules, and the permissions of the section `acl`."""

from collections.abc import Mapping
from typing import Any, Literal

import attrs

from stroem.errors import FieldError

Permission = Literal["deny", "view", "run"]
Effect = Literal["allow", "deny"]

_EMPTY = {
    "acl": "has no value: remove it, or write {} to deny everything",
    "rules": "has no value: remove it to have no rules, or write [] so that only administrators may do anything",
}


@attrs.frozen(kw_only=True)
class AclRule:
    """A permission of users or groups on tasks; `workspace` and `tasks` are patterns with `*`."""

    workspace: str
    action: Permission
    tasks: tuple[str, ...] = ("*",)
    groups: tuple[str, ...] = ()
    users: tuple[str, ...] = ()


@attrs.frozen(kw_only=True)
class AclSettings:
    """Rules by workspace and task; the highest permission that a rule gives counts, else `default`."""

    default: Permission = "deny"
    rules: tuple[AclRule, ...] = ()


@attrs.frozen(kw_only=True)
class RoleSettings:
    """A role of one's own: `verbs` are verbs, or patterns of them with `*`."""

    verbs: tuple[str, ...]


@attrs.frozen(kw_only=True)
class RuleSettings:
    """A rule that allows or denies verbs to groups, users, service accounts, or `everyone` who has signed in.

    The verbs are those of a `role`, and `verbs` or patterns of them. `workspaces` and `tasks` are patterns with `*`.
    """

    effect: Effect = "allow"
    role: str | None = None
    verbs: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    users: tuple[str, ...] = ()
    service_accounts: tuple[str, ...] = ()
    everyone: bool = False
    workspaces: tuple[str, ...] = ("*",)
    tasks: tuple[str, ...] = ("*",)


def empty_sections(data: Mapping[str, Any]) -> tuple[FieldError, ...]:
    """Mistakes of sections of rights without a value, which may be there because all their lines were taken out."""
    return tuple(
        FieldError(field=name, message=message) for name, message in _EMPTY.items() if data.get(name, ...) is None
    )
