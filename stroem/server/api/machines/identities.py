"""Identities of workers."""

import datetime
import uuid

import attrs
from aiohttp import web

from stroem.conversion.unstructure import ABSENT
from stroem.server.http.actor import actor_of
from stroem.server.http.audit.recording import note
from stroem.server.keys import MACHINES, SERVICES


@attrs.frozen(kw_only=True)
class IdentityItem:
    """The identity of a worker. Empty lists do not narrow what the worker may offer and run.

    `join_token` is the prefix of the token with which it has joined. `expires_at` is when its token ends unless the
    worker replaces it; null once none is good.
    """

    identity_id: uuid.UUID
    name: str
    join_token: str
    joined_at: datetime.datetime
    expires_at: datetime.datetime | None
    last_heard_at: datetime.datetime | None
    workspaces: tuple[str, ...]
    tags: tuple[str, ...]
    abilities: tuple[str, ...]
    revoked_at: datetime.datetime | None = attrs.field(default=None, metadata=ABSENT)
    revoked_by: str | None = attrs.field(default=None, metadata=ABSENT)


@attrs.frozen(kw_only=True)
class RevokedIdentity:
    """An identity that was revoked, and the number of its workers that were live or known."""

    identity_id: uuid.UUID
    name: str
    workers: int


async def list_identities(request: web.Request) -> tuple[IdentityItem, ...]:
    """Lists the identities of workers by name; also those that were revoked or have expired, for a month."""
    rows = await request.app[MACHINES].identities.listed()
    return tuple(
        IdentityItem(
            identity_id=row.id,
            name=row.name,
            join_token=row.join_token,
            joined_at=row.joined_at,
            expires_at=row.expires_at,
            last_heard_at=row.last_heard_at,
            workspaces=tuple(row.workspaces),
            tags=tuple(row.tags),
            abilities=tuple(row.abilities),
            revoked_at=row.revoked_at,
            revoked_by=row.revoked_by,
        )
        for row in rows
    )


async def revoke(request: web.Request, identity_id: uuid.UUID) -> RevokedIdentity:
    """Revokes the identity of a worker: its next request is refused, and the steps that it runs are lost."""
    row, workers = await request.app[MACHINES].identities.revoke(
        identity_id, actor_of(request), lambda name: note(request, object=("worker", name))
    )
    request.app[SERVICES].rescuer.woken.set()
    return RevokedIdentity(identity_id=identity_id, name=row.name, workers=workers)
