"""Pauses of single steps."""

import datetime
import uuid
from typing import Literal

import attrs
from aiohttp import web

from stroem.engine.values.state import Hold
from stroem.server.http.actor import actor_of
from stroem.server.keys import SERVICES
from stroem.store.jobs.holds import holds_of
from stroem.store.jobs.jobs import TERMINAL, JobRow


@attrs.frozen(kw_only=True)
class PausedStep:
    """The step is paused since `paused_at`, or from the start: it does not start, and nothing inside it does."""

    status: Literal["paused"] = "paused"
    step_name: str
    paused_at: datetime.datetime | None
    paused_by: str | None


@attrs.frozen(kw_only=True)
class ResumedStep:
    """The step is not paused."""

    status: Literal["resumed"] = "resumed"
    step_name: str


def paused_steps(job: JobRow) -> tuple[PausedStep, ...]:
    """The single steps of a job that are paused, in the order of the pauses."""
    return tuple(PausedStep(step_name=one.step, paused_at=one.at, paused_by=one.by) for one in holds_in(job))


def holds_in(job: JobRow) -> tuple[Hold, ...]:
    """The pauses of single steps of a live job, each with its time."""
    if job.status in TERMINAL:
        return ()
    return tuple(attrs.evolve(one, at=one.at or job.created_at) for one in holds_of(job.holds))


async def pause(request: web.Request, job_id: uuid.UUID, step: str) -> PausedStep:
    """Pauses a step that has not begun: it is held when its turn comes. A second pause changes nothing."""
    hold = await request.app[SERVICES].step_pauser.pause(job_id, step, actor_of(request))
    return PausedStep(step_name=hold.step, paused_at=hold.at, paused_by=hold.by)


async def resume(request: web.Request, job_id: uuid.UUID, step: str) -> ResumedStep:
    """Resumes a step: what its pause has held starts. Without a pause it changes nothing."""
    await request.app[SERVICES].step_pauser.resume(job_id, step, actor_of(request))
    return ResumedStep(step_name=step)
