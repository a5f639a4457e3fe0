"""Pauses and signals of jobs."""

import datetime
import uuid
from typing import Annotated, Literal

import attrs
from aiohttp import web

from stroem.conversion.constraints import Line
from stroem.conversion.unstructure import ABSENT
from stroem.definitions.values import Json
from stroem.server.http.actor import actor_of
from stroem.server.http.requests import structured
from stroem.server.keys import SERVICES


@attrs.frozen(kw_only=True)
class PausedJob:
    """The job is paused since `paused_at`: no further steps start."""

    status: Literal["paused"] = "paused"
    paused_at: datetime.datetime
    paused_by: str | None


@attrs.frozen(kw_only=True)
class ResumedJob:
    """The job is not paused."""

    status: Literal["resumed"] = "resumed"


@attrs.frozen(kw_only=True)
class SignalBody:
    """The payload of a signal, any JSON."""

    payload: Json = None


@attrs.frozen(kw_only=True)
class SentSignal:
    """The signal was received by waiting steps, or is kept for the first step that waits for it."""

    status: Literal["received", "kept"]
    warnings: tuple[str, ...] | None = attrs.field(default=None, metadata=ABSENT)


@attrs.frozen(kw_only=True)
class _SignalName:
    name: Annotated[str, Line()]


async def pause(request: web.Request, job_id: uuid.UUID) -> PausedJob:
    """Pauses a job: no further steps start, running ones go on. A second pause changes nothing."""
    paused = await request.app[SERVICES].pauser.pause(job_id, actor_of(request))
    assert paused.paused_at is not None
    return PausedJob(paused_at=paused.paused_at, paused_by=paused.paused_by)


async def resume(request: web.Request, job_id: uuid.UUID) -> ResumedJob:
    """Resumes a job: the steps that the pause held start. Without a pause it changes nothing."""
    await request.app[SERVICES].pauser.resume(job_id, actor_of(request))
    return ResumedJob()


async def signal(request: web.Request, job_id: uuid.UUID, name: str, body: SignalBody) -> SentSignal:
    """Sends a signal to a job: it ends the steps that wait for it, else it is kept. A payload that does not fit the
    fields of these steps is refused.
    """
    structured("path", {"name": name}, _SignalName)
    sent = await request.app[SERVICES].signaller.send(job_id, name, body.payload, actor_of(request))
    return SentSignal(status="received" if sent.is_received else "kept", warnings=sent.warnings or None)
