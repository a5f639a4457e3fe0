"""Rows of the audit log."""

from collections.abc import Mapping
from typing import Literal

import attrs

from stroem.definitions.values import Json

ActorKind = Literal["anonymous", "user", "service", "step", "worker", "trigger", "system"]
"""`system`: the server itself, after a push, a poll or a change of its settings."""

Outcome = Literal["ok", "refused", "failed"]
"""`refused`: the client had no right to it, or asked for something impossible. `failed`: the server could not do it."""


@attrs.frozen(kw_only=True)
class NewAuditRow:
    """A row of the audit log before it is recorded.

    `key` is the prefix of the API key of the request; `route` its method and path in the API. `object` is the name of
    an object of the kind `object_kind`, in `workspace` if it has one. `count` is the number of requests that the row
    stands for. `before` and `after` are chosen facts without secrets.
    """

    actor_kind: ActorKind
    actor: str
    verb: str
    outcome: Outcome = "ok"
    key: str | None = None
    route: str | None = None
    workspace: str | None = None
    object_kind: str | None = None
    object: str | None = None
    status: int | None = None
    count: int = 1
    address: str | None = None
    request_id: str | None = None
    reason: str | None = None
    before: Mapping[str, Json] | None = None
    after: Mapping[str, Json] | None = None


@attrs.frozen(kw_only=True)
class AuditRow(NewAuditRow):
    """A recorded row. `at` is a time in UTC; `hash` is there once the row is sealed."""

    id: int
    at: str
    hash: str | None = None
