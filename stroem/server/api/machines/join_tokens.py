"""Join tokens of workers."""

import datetime
from typing import Literal

import attrs
from aiohttp import web

from stroem.machines.join_tokens import WantedJoinToken
from stroem.server.http.actor import actor_of
from stroem.server.http.audit.recording import note
from stroem.server.keys import MACHINES, REGISTRY
from stroem.server.worker_api.abilities import known_abilities
from stroem.store.machines.join_tokens import JoinTokenRow


@attrs.frozen(kw_only=True)
class JoinTokenItem:
    """A join token, named by its first characters. Empty lists do not narrow what its workers may offer and run.

    `uses_left` is null for any number of workers.
    """

    prefix: str
    name: str
    created_at: datetime.datetime
    created_by: str
    expires_at: datetime.datetime
    uses: int
    uses_left: int | None
    workspaces: tuple[str, ...]
    tags: tuple[str, ...]
    abilities: tuple[str, ...]


@attrs.frozen(kw_only=True)
class NewJoinToken(JoinTokenItem):
    """A new join token, whose text is shown this once."""

    token: str


@attrs.frozen(kw_only=True)
class Revoked:
    """The token is not good any more."""

    status: Literal["ok"] = "ok"


async def create(request: web.Request, body: WantedJoinToken) -> NewJoinToken:
    """Makes a join token, with which workers get identities of their own."""
    facts = {name: list(value) if isinstance(value, tuple) else value for name, value in attrs.asdict(body).items()}

    def tell(prefix: str) -> None:
        note(request, object=("join-token", prefix), after=facts)

    text, row = await request.app[MACHINES].join_tokens.make(
        body, actor_of(request), known_abilities(request.app[REGISTRY]), tell
    )
    return NewJoinToken(token=text, **attrs.asdict(_item(row), recurse=False))


async def list_tokens(request: web.Request) -> tuple[JoinTokenItem, ...]:
    """Lists the join tokens, the newest first; those that have expired, too, for a month."""
    return tuple(_item(row) for row in await request.app[MACHINES].join_tokens.listed())


async def revoke(request: web.Request, prefix: str) -> Revoked:
    """Revokes a join token: no worker joins with it any more. Identities that it has given stay."""
    await request.app[MACHINES].join_tokens.revoke(prefix)
    return Revoked()


def _item(row: JoinTokenRow) -> JoinTokenItem:
    lists = {name: tuple(getattr(row, name)) for name in ("workspaces", "tags", "abilities")}
    return JoinTokenItem(**{**attrs.asdict(row), **lists})
