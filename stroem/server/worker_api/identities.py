"""Identities of workers: how they get and replace their tokens."""

from aiohttp import web

from stroem.errors import Forbidden
from stroem.protocol.worker_token import JOIN_TOKEN, IssuedToken, Join, Rotation, prefix_of
from stroem.server.http.audit.recording import note
from stroem.server.keys import MACHINES
from stroem.server.worker_api.auth import identity_of


async def join(request: web.Request, body: Join) -> IssuedToken:
    """Gives a worker an identity, in exchange for a join token. Sent again with the same hash, it changes nothing."""
    is_one = body.join_token.startswith(JOIN_TOKEN)  # of another secret, nothing is kept
    after = {"join_token": prefix_of(body.join_token)} if is_one else None
    note(request, object=("worker", body.name), after=after)

    def tell() -> None:
        note(request, actor=("worker", body.name))

    return await request.app[MACHINES].identities.join(body, tell)


async def rotate(request: web.Request, body: Rotation) -> IssuedToken:
    """Takes the next token of a worker. The present one is good until that is used for the first time."""
    identity = identity_of(request)
    if identity is None:
        raise Forbidden(message="The token that workers share is set in `worker_token`")
    note(
        request,
        actor=("worker", identity.name),
        object=("worker", identity.name),
        after={"identity": str(identity.id)},
    )
    return await request.app[MACHINES].identities.rotate(identity, body.token_hash)
