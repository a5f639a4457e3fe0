"""Descriptions of consumers of event sources."""

import datetime
import math
import uuid
from typing import Literal

import attrs

from stroem.store.statement import Connection
from stroem.store.triggers import consumers, dead_letters, event_jobs
from stroem.store.triggers.consumers import RATE_SECS, ConsumerRow

State = Literal["waiting", "running", "ending", "stopped", "ended"]


@attrs.frozen(kw_only=True)
class ConsumerInfo:
    """The consumer of an event source.

    `state`: `waiting` (it starts at `starts_at`, or once its trigger is live), `running` or `ending` (as `job_id`),
    `stopped` (cancelled by a person, until the trigger is resumed), `ended` (its policy starts it no more). `failures`
    are ends in a row that were failures, `last_status` and `last_job` those of the last end. `events` were new ones,
    `duplicates` seen before; `waiting` are at the worker; `live_jobs` are counted for `max_in_flight`.
    """

    state: State
    job_id: uuid.UUID | None
    started_at: datetime.datetime | None
    starts_at: datetime.datetime | None
    restarts: int
    failures: int
    last_status: str | None
    last_job: uuid.UUID | None
    ended_at: datetime.datetime | None
    events: int
    duplicates: int
    waiting: int
    last_event_id: str | None
    last_event_at: datetime.datetime | None
    events_per_sec: float
    live_jobs: int
    dead_letters: int


async def consumer_info(connection: Connection, workspace: str, trigger: str) -> ConsumerInfo | None:
    """The consumer of a trigger; None for a trigger of another form, and for one that no server has seen yet."""
    row = await consumers.find(connection, workspace, trigger)
    if row is None:
        return None
    live = await event_jobs.live(connection, workspace, trigger)
    letters = await dead_letters.count(connection, workspace, trigger)
    return _info(row, len(live), letters)


def _info(row: ConsumerRow, live_jobs: int, letters: int) -> ConsumerInfo:
    state: State = row.state  # type: ignore[assignment]
    age = (datetime.datetime.now(datetime.UTC) - row.rate_at).total_seconds()
    return ConsumerInfo(
        state=state,
        job_id=row.job_id,
        started_at=row.started_at,
        starts_at=row.starts_at if state == "waiting" else None,
        restarts=max(0, row.starts - 1),
        failures=row.failures,
        last_status=row.last_status,
        last_job=row.last_job,
        ended_at=row.ended_at,
        events=row.events,
        duplicates=row.duplicates,
        waiting=row.waiting,
        last_event_id=row.last_event_id,
        last_event_at=row.last_event_at,
        events_per_sec=round(row.rate * math.exp(-max(0.0, age) / RATE_SECS), 3),
        live_jobs=live_jobs,
        dead_letters=letters,
    )
