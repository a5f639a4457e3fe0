"""Settings of rights: own roles, rules, and the permissions of the section `acl`."""

from typing import Literal

import attrs

Permission = Literal["deny", "view", "run"]
Effect = Literal["allow", "deny"]


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
