"""Whether the server is well."""

import asyncio
import logging
import uuid
from typing import Literal

import attrs
from aiohttp import web

from stroem.server.http.responses import json_response
from stroem.server.keys import CATALOG, LOOPS, SERVICES, SETTINGS, STARTED
from stroem.store.isolation import level_of
from stroem.store.jobs import jobs

LOGGER = logging.getLogger(__name__)
_TIMEOUT_SECS = 3
_ANY_JOB = uuid.UUID(int=0)

Part = Literal["ok", "stopped", "follower"]


@attrs.frozen(kw_only=True)
class Health:
    """Whether the server can work."""

    status: Literal["ok", "unhealthy"]
    db: Literal["ok", "error"]


@attrs.frozen(kw_only=True)
class Checks:
    """Each part by itself; `follower` is what this server does not do. No server leads the others."""

    db: Literal["ok", "error"]
    leader: bool
    scheduler: Part
    recovery: Part
    event_source: Part


@attrs.frozen(kw_only=True)
class HealthDetail:
    """Whether each part of the server can work."""

    status: Literal["ok", "degraded", "unhealthy"]
    checks: Checks


async def get(request: web.Request) -> web.Response:
    """Whether the server can work; 503 when it cannot."""
    if await _database_answers(request):
        return json_response(Health(status="ok", db="ok"), Health)
    return json_response(Health(status="unhealthy", db="error"), Health, status=503)


@attrs.frozen(kw_only=True)
class Readiness:
    """Whether the server has what it starts with: `loading` workspaces wait for the first look at their source."""

    status: Literal["ready", "starting"]
    loading: int


async def get_readiness(request: web.Request) -> web.Response:
    """Whether every workspace has been looked at; 503 until then, but not for longer than `ready_within_secs`."""
    app = request.app
    loading = sum(live.is_loading for live in app[CATALOG].live())
    waited = asyncio.get_running_loop().time() - app[STARTED]
    if not loading or waited > app[SETTINGS].ready_within_secs:
        return json_response(Readiness(status="ready", loading=loading), Readiness)
    answer = json_response(Readiness(status="starting", loading=loading), Readiness, status=503)
    answer.headers["Retry-After"] = "1"
    return answer


async def get_detail(request: web.Request) -> web.Response:
    """Whether each part of the server can work; 503 unless all of them do."""
    answers = await _database_answers(request)
    runs = not request.app[LOOPS].done()
    checks = Checks(
        db="ok" if answers else "error",
        leader=True,
        scheduler="follower",
        recovery="ok" if runs else "stopped",
        event_source="follower",
    )
    status: Literal["ok", "degraded", "unhealthy"] = "unhealthy" if not answers else "ok" if runs else "degraded"
    return json_response(
        HealthDetail(status=status, checks=checks), HealthDetail, status=200 if status == "ok" else 503
    )


async def _database_answers(request: web.Request) -> bool:
    try:
        async with asyncio.timeout(_TIMEOUT_SECS), request.app[SERVICES].database.read() as connection:
            await jobs.get_job(connection, _ANY_JOB)
    except Exception as error:  # whatever it is, the database does not answer
        LOGGER.log(level_of(error), "the database does not answer: %s", error)
        return False
    return True
