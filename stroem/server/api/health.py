"""Health and readiness of the server."""

import asyncio
import logging
import uuid
from typing import Literal

import attrs
from aiohttp import web

from stroem.server.http.responses import json_response
from stroem.server.keys import CATALOG, LOOPS, SERVICES, SETTINGS, STARTED
from stroem.store.batch_isolation import level_of
from stroem.store.jobs import jobs

LOGGER = logging.getLogger(__name__)
_TIMEOUT_SECS = 3
_ANY_JOB = uuid.UUID(int=0)

Part = Literal["ok", "stopped", "follower"]


@attrs.frozen(kw_only=True)
class Health:
    """Health of the server."""

    status: Literal["ok", "unhealthy"]
    db: Literal["ok", "error"]


@attrs.frozen(kw_only=True)
class Checks:
    """Health of each part; `follower` marks parts that this server does not run. Servers have no leader."""

    db: Literal["ok", "error"]
    leader: bool
    scheduler: Part
    recovery: Part
    event_source: Part


@attrs.frozen(kw_only=True)
class HealthDetail:
    """Health of the server and its parts."""

    status: Literal["ok", "degraded", "unhealthy"]
    checks: Checks


async def get(request: web.Request) -> web.Response:
    """Health of the server; 503 when unhealthy."""
    if await _database_answers(request):
        return json_response(Health(status="ok", db="ok"), Health)
    return json_response(Health(status="unhealthy", db="error"), Health, status=503)


@attrs.frozen(kw_only=True)
class Readiness:
    """Readiness of the server: `loading` is the number of workspaces before the first poll of their source."""

    status: Literal["ready", "starting"]
    loading: int


async def get_readiness(request: web.Request) -> web.Response:
    """Readiness: 503 until every workspace has been polled once, at most for `ready_within_secs`."""
    app = request.app
    loading = sum(live.is_loading for live in app[CATALOG].live())
    waited = asyncio.get_running_loop().time() - app[STARTED]
    if not loading or waited > app[SETTINGS].ready_within_secs:
        return json_response(Readiness(status="ready", loading=loading), Readiness)
    answer = json_response(Readiness(status="starting", loading=loading), Readiness, status=503)
    answer.headers["Retry-After"] = "1"
    return answer


async def get_detail(request: web.Request) -> web.Response:
    """Health of the server and its parts; 503 unless all are healthy."""
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
    except Exception as error:  # any error means that the database does not answer
        LOGGER.log(level_of(error), "the database does not answer: %s", error)
        return False
    return True
