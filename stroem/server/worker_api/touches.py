"""Checks that a worker touches only what it has claimed, one for each route of workers.

They concern workers with an identity. One with the shared token names its id if it names anything: that must not be the
id of a worker with an identity; what names no worker is let through, as in the older contract.
"""

from collections.abc import Mapping
from typing import Any

from aiohttp import web

from stroem.errors import Forbidden
from stroem.protocol.events import EventBatch
from stroem.server.keys import MACHINES, REGISTRY
from stroem.server.worker_api.abilities import known_abilities
from stroem.server.worker_api.auth import identity_of, step_grant

Arguments = Mapping[str, Any]


async def own_worker(request: web.Request, arguments: Arguments) -> None:
    """The id of the worker in the body or the query is the client's own; the handler looks for its steps alone."""
    worker_id = (arguments.get("query") or arguments["body"]).worker_id
    if worker_id is not None:
        await request.app[MACHINES].holdings.check_worker(identity_of(request), worker_id)
    elif identity_of(request) is not None:
        await older_contract(request, arguments)


async def own_registration(request: web.Request, arguments: Arguments) -> None:
    """The former run of a worker that registers is the client's own, and it offers what it may."""
    identity, body = identity_of(request), arguments["body"]
    if body.worker_id is not None:
        await request.app[MACHINES].holdings.check_worker(identity, body.worker_id)
    if identity is not None:
        known = known_abilities(request.app[REGISTRY])
        offered = body.capabilities or [tag for tag in body.tags if tag in known]  # as older workers give them
        identity.check_offer(offered, body.tags)


async def own_claim(request: web.Request, arguments: Arguments) -> None:
    """The id of the worker is the client's own, and it claims what it may, by the newer contract."""
    await own_worker(request, arguments)
    identity, body = identity_of(request), arguments["body"]
    if identity is not None:
        identity.check_offer(body.capabilities, body.tags)
        if body.max_steps is None:
            await older_contract(request, arguments)


async def own_heartbeat(request: web.Request, arguments: Arguments) -> None:
    """The id of the worker is the client's own, and what it can do now is what it may offer."""
    await own_worker(request, arguments)
    identity, body = identity_of(request), arguments["body"]
    if identity is not None and body.capabilities is not None:
        identity.check_offer(body.capabilities, ())


async def older_contract(request: web.Request, arguments: Arguments) -> None:
    """Requests that name no worker are refused to workers with an identity, which have no need of them."""
    if identity_of(request) is not None:
        raise Forbidden(message="This request is of the older contract, which a worker with an identity cannot use")


async def own_files(request: web.Request, arguments: Arguments) -> None:
    """The files are those of a step that runs on a worker of the client; a token of a step has a check of its own."""
    identity = identity_of(request)
    if identity is not None:
        revision = arguments["query"].revision
        await request.app[MACHINES].holdings.check_files(identity, arguments["workspace"], revision)


async def own_state(request: web.Request, arguments: Arguments) -> None:
    """The state is that of a task or workspace of which a step runs on a worker of the client."""
    identity = identity_of(request)
    if identity is not None:
        task = arguments.get("task", "")
        await request.app[MACHINES].holdings.check_state(identity, arguments["workspace"], task)


async def own_step_files(request: web.Request, arguments: Arguments) -> None:
    """The tar was sent by a step that runs on a worker of the client."""
    identity = identity_of(request)
    if identity is not None:
        await request.app[MACHINES].holdings.check_step_files(identity, arguments["sha256"])


async def own_consumer(request: web.Request, arguments: Arguments) -> None:
    """The events are of a consumer of their trigger, of which a worker of the client has run a step."""
    identity, batch = identity_of(request), arguments["body"]
    assert isinstance(batch, EventBatch)
    if identity is not None:
        await request.app[MACHINES].holdings.check_consumer(identity, batch.writer.job_id, batch.source_id)


async def of_step_alone(request: web.Request, arguments: Arguments) -> None:
    """Only a token of a step, or the shared one, may send the files of a step."""
    if identity_of(request) is not None and step_grant(request) is None:
        raise Forbidden(message="Only a step sends its files, with the token that it was given")


async def known_ids(request: web.Request, arguments: Arguments) -> None:
    """Any worker may ask which of the ids that it knows are alive: else it would remove what others still use."""


async def own_token(request: web.Request, arguments: Arguments) -> None:
    """The worker changes its own token, or makes the first one by a join token."""
