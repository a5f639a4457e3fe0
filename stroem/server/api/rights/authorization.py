"""The check of rights before each request."""

import asyncio
import contextlib
import uuid

from aiohttp import web

from stroem.errors import Forbidden, StroemError, Unauthorized
from stroem.rights.place import ANYTHING, SERVER
from stroem.rights.rights import Judge
from stroem.rights.verbs import Verb
from stroem.server.api.rights.live_rights import RIGHTS
from stroem.server.api.rights.places import Found, known_place_of_job, place_of
from stroem.server.http.actor import IDENTITY, PRINCIPAL, principal_of
from stroem.server.http.route import Route
from stroem.server.keys import ACCOUNTS, SERVICES
from stroem.store.jobs import jobs

_CHECK_SECS = 30


async def authorize(request: web.Request, route: Route) -> None:
    """Raises `Unauthorized`, `NotFound` for what is not visible, or `Forbidden`.

    Without sign-in, and for those who may do everything, nothing is read.
    """
    rights = request.app[RIGHTS].rights
    if rights.is_open:
        return
    principal = principal_of(request)
    if principal.kind == "anonymous":
        raise Unauthorized(message="Authentication required")
    if route.verb is None:
        if principal.kind == "step":
            raise Forbidden(message="A step has no account")
        return
    judge = rights.judge(principal)
    if _may_everywhere(judge, route.verb):
        return
    found = await place_of(request, route)
    if not route.is_filtered:
        _check(judge, route.verb, found)
    elif found[0].workspace is not None and not judge.at(found[0]).is_visible:
        raise found[1]


async def authorized_job(request: web.Request, job_id: uuid.UUID, verb: Verb) -> tuple[str, str] | None:
    """The same check for a job that is named outside of the path.

    Its workspace and task; None for those who may do this everywhere, for whom nothing is read.
    """
    judge = request.app[RIGHTS].rights.judge(principal_of(request))
    if _may_everywhere(judge, verb):
        return None
    async with request.app[SERVICES].database.read() as connection:
        task = (await jobs.tasks_of(connection, [job_id])).get(job_id)
    check_job(request, job_id, task, verb)
    return task


def check_job(request: web.Request, job_id: uuid.UUID, task: tuple[str, str] | None, verb: Verb) -> None:
    """The same check for a job whose workspace and task have been read; None for an unknown one."""
    judge = request.app[RIGHTS].rights.judge(principal_of(request))
    _check(judge, verb, known_place_of_job(request.app, job_id, task))


async def access_ends(request: web.Request, route: Route) -> None:
    """Waits until a request that is answered by a stream is no longer allowed, or its session or key has ended.

    That is checked when rights or accounts have changed, and every half minute.
    """
    live = request.app[RIGHTS]
    if live.rights.is_open:
        await asyncio.get_running_loop().create_future()
    while True:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(live.changed.wait(), _CHECK_SECS)
        try:
            if ACCOUNTS in request.app and IDENTITY in request:
                identity = await request.app[ACCOUNTS].authenticator.again(request[IDENTITY])
                request[IDENTITY], request[PRINCIPAL] = identity, identity.principal
            await authorize(request, route)
        except StroemError:
            return


def _may_everywhere(judge: Judge, verb: Verb) -> bool:
    return verb in judge.at(ANYTHING).verbs and verb in judge.at(SERVER).verbs


def _check(judge: Judge, verb: Verb, found: Found) -> None:
    place, missing = found
    verdict = judge.at(place)
    if verb in verdict.verbs:
        return
    if place.workspace is not None and not verdict.is_visible:
        raise missing
    raise Forbidden(message=f"You may not do this: the right {verb} is needed for {place}")
