"""Summaries of jobs: their release, starter, reason, progress and usual duration."""

import contextlib
import uuid
from collections.abc import Mapping, Sequence

import attrs
from aiohttp import web

from stroem.conversion.unstructure import ABSENT
from stroem.orchestrator.operations.pauser import PauseState
from stroem.rights.reach import Reach, is_reached
from stroem.server.api.jobs.reasons import JobState, Kind, states_of
from stroem.server.api.jobs.started_by import started_by
from stroem.server.api.rights.live_rights import reach_for
from stroem.server.api.rights.visible_source import visible_source
from stroem.server.api.waiting import forecast
from stroem.server.keys import SERVICES
from stroem.store.jobs.jobs import TERMINAL, JobRow
from stroem.store.jobs.summaries import durations
from stroem.store.jobs.summaries.job_origins import Origin, origins_of
from stroem.store.statement import Connection


@attrs.frozen(kw_only=True)
class JobSummary:
    """A job at a glance.

    `release` is the number of its release. `started_by` names in words who or what started it; null for an anonymous
    person. `reason` is a line on what happens or went wrong; null for a job that completed. `reason_step` is the path
    of the step that it is of. `steps_total` and `steps_done` count steps outside of blocks and loops. Of a live job,
    `usual_ms` and `late_ms` are the median and the ninth decile of the durations of the last jobs of its task, if at
    least three have completed.
    """

    release: int | None = None
    waits_for: str | None = attrs.field(default=None, metadata=ABSENT)
    started_by: str | None = None
    reason: str | None = None
    reason_kind: Kind | None = None
    reason_step: str | None = None
    steps_total: int | None = None
    steps_done: int | None = None
    usual_ms: float | None = None
    late_ms: float | None = None


async def summaries_of(
    request: web.Request, rows: Sequence[JobRow], pauses: Mapping[uuid.UUID, PauseState]
) -> dict[uuid.UUID, JobSummary]:
    """Summaries of jobs, by job id, without secrets, and without names of tasks that the client may not see."""
    app, reach = request.app, reach_for(request, "job.read")

    async def read() -> dict[uuid.UUID, JobSummary]:
        async with app[SERVICES].database.read() as connection:
            return await _read(app, connection, rows, pauses, reach)

    return await app[SERVICES].plans.run(read)


async def _read(
    app: web.Application,
    connection: Connection,
    rows: Sequence[JobRow],
    pauses: Mapping[uuid.UUID, PauseState],
    reach: Reach | None,
) -> dict[uuid.UUID, JobSummary]:
    origins = await origins_of(connection, [row.id for row in rows])
    states = await states_of(app, connection, rows, pauses)
    live = {(row.workspace, row.task) for row in rows if row.status not in TERMINAL}
    usual = await durations.durations_of(connection, live, forecast.SAMPLE)
    return {row.id: _summary(row, origins.get(row.id), states[row.id], usual, reach) for row in rows}


def _summary(
    row: JobRow, origin: Origin | None, state: JobState, usual: forecast.Durations, reach: Reach | None
) -> JobSummary:
    median = ninth = None
    if row.status not in TERMINAL:
        with contextlib.suppress(forecast.Unknown):
            median, ninth, _ = forecast.spread(usual, (row.workspace, row.task))
    reason = state.reason
    other = None if origin is None else origin.task
    other_task = other[1] if other is not None and is_reached(reach, *other) else None
    return JobSummary(
        release=None if origin is None else origin.release,
        waits_for=state.waits_for,
        started_by=started_by(row, other_task, visible_source(row.source_type, row.source_id, row.workspace, reach)),
        reason=None if reason is None else reason.text,
        reason_kind=None if reason is None else reason.kind,
        reason_step=None if reason is None else reason.step,
        steps_total=state.steps_total,
        steps_done=state.steps_done,
        usual_ms=None if median is None else median * 1000,
        late_ms=None if ninth is None else ninth * 1000,
    )
