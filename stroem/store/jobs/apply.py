"""Writes what the engine decided. The caller has locked the rows of the jobs, and rolls back after an error."""

import asyncio
import uuid
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import partial

import attrs

from stroem.definitions.values import Json
from stroem.engine.changes import SlotRequest
from stroem.engine.slots.limits import SCOPES
from stroem.store.jobs import job_changes, messages
from stroem.store.jobs.ends import heard_ends
from stroem.store.jobs.ends.tallies import COUNT
from stroem.store.jobs.job_changes import JobChanges
from stroem.store.jobs.messages import NewMessage
from stroem.store.jobs.results import kept_steps, large_outputs, outputs, step_cache
from stroem.store.jobs.steps import StepId
from stroem.store.limits import slots
from stroem.store.limits.slots import KeySize, Waiting
from stroem.store.statement import Connection, Numbered, Statement, defer, records

_MANY = 500
"""Steps from which the records of a decision are made in a thread."""
_MAIN = Numbered("""
    WITH fronts AS MATERIALIZED (
        SELECT n.need, n.priority, coalesce(
            (SELECT q.rank FROM steps q WHERE q.status = 'ready' AND q.worker_id IS NULL AND q.need = n.need
             AND q.priority = n.priority ORDER BY q.rank LIMIT 1),
            (extract(epoch FROM clock_timestamp()) * 1000000)::bigint) AS front
        FROM (SELECT * FROM json_to_recordset($1::json) AS n (need int, priority smallint) LIMIT $2) n
    ), given AS MATERIALIZED (
        SELECT r.*, greatest(f.front + r.ahead, least(r.base, f.front + r.most)) + r.nth AS rank
        FROM (SELECT * FROM json_to_recordset($3::json) AS r (
            job_id uuid, id int, was text, parent int, node int, item int, status text, waits_for text, unmet int,
            taken int, barred int, open int, failed int, first int, total int, begun int, attempt int,
            due_at timestamptz, expires_at timestamptz, reminded int, timeout int, need int, priority smallint,
            base bigint, most bigint, ahead bigint, nth bigint, queued boolean, worker_id uuid,
            cancel_requested boolean, value json, context json, input json, output json, full_output json, error text,
            error_kind text, exit_code int) LIMIT $4) r
        LEFT JOIN fronts f ON f.need = r.need AND f.priority = r.priority
    ), made AS (
        INSERT INTO steps (
            job_id, id, parent, node, item, status, waits_for, unmet, taken, barred, open, failed, first, total, begun,
            attempt, due_at, expires_at, reminded, timeout_secs, need, priority, rank, worker_id, cancel_requested,
            value, context, input, output, full_output, error, error_kind, exit_code, ready_at, started_at,
            completed_at)
        SELECT job_id, id, coalesce(parent, 0), node, coalesce(item, 0), status, waits_for, coalesce(unmet, 0),
               coalesce(taken, 0), coalesce(barred, 0), coalesce(open, 0), coalesce(failed, 0), coalesce(first, 0),
               coalesce(total, 0), coalesce(begun, 0), coalesce(attempt, 0), due_at, expires_at,
               coalesce(reminded, 0), timeout, need, coalesce(priority, 0), rank, worker_id,
               coalesce(cancel_requested, false), value, context, input, output, full_output, error, error_kind,
               exit_code, CASE WHEN queued THEN statement_timestamp() END,
               CASE WHEN status IN ('running', 'suspended', 'completed') THEN statement_timestamp() END,
               CASE WHEN status IN ('completed', 'failed', 'skipped', 'cancelled') THEN statement_timestamp() END
        FROM given WHERE was IS NULL
    ), changed AS (
        UPDATE steps s SET
            status = r.status, waits_for = r.waits_for, unmet = coalesce(r.unmet, 0), taken = coalesce(r.taken, 0),
            barred = coalesce(r.barred, 0), open = coalesce(r.open, 0), failed = coalesce(r.failed, 0),
            first = coalesce(r.first, 0), total = coalesce(r.total, 0), begun = coalesce(r.begun, 0),
            attempt = coalesce(r.attempt, 0), due_at = r.due_at, expires_at = r.expires_at,
            reminded = coalesce(r.reminded, 0), timeout_secs = r.timeout,
            need = coalesce(r.need, s.need), priority = coalesce(r.priority, s.priority),
            rank = coalesce(r.rank, s.rank), worker_id = r.worker_id,
            cancel_requested = coalesce(r.cancel_requested, false), context = coalesce(r.context, s.context),
            input = coalesce(r.input, s.input), output = coalesce(r.output, s.output),
            full_output = coalesce(r.full_output, s.full_output), error = r.error,
            error_kind = r.error_kind, exit_code = r.exit_code,
            ready_at = CASE WHEN r.queued THEN statement_timestamp() ELSE s.ready_at END,
            started_at = CASE
                WHEN r.status IN ('running', 'suspended', 'completed')
                    THEN coalesce(s.started_at, statement_timestamp())
                WHEN r.status NOT IN ('pending', 'ready') THEN s.started_at END,
            completed_at = CASE WHEN r.status IN ('completed', 'failed', 'skipped', 'cancelled')
                THEN coalesce(s.completed_at, statement_timestamp()) END,
            asked_at = CASE WHEN r.status = 'running' THEN s.asked_at END
        FROM given r WHERE r.was IS NOT NULL AND s.job_id = r.job_id AND s.id = r.id AND s.status = r.was
        RETURNING 1
    ), told AS (
        INSERT INTO history (job_id, step, status, attempt, waits_for, cause, actor, detail)
        SELECT * FROM json_to_recordset($5::json) AS h (
            job_id uuid, step int, status text, attempt int, waits_for text, cause text, actor text, detail text)
        LIMIT $6
    ), sealable AS (
        UPDATE log_heads h SET seal_due_at = now() + interval '2 seconds'
        FROM (SELECT * FROM json_to_recordset($7::json) AS n (job_id uuid, step int, attempt int) LIMIT $8) n
        WHERE h.job_id = n.job_id AND h.step = n.step AND h.attempt = n.attempt AND h.hot_bytes > 0
    ), ranks AS MATERIALIZED (
        SELECT job_id, max(rank) AS rank FROM given WHERE rank IS NOT NULL GROUP BY job_id
    ), moved AS (
        UPDATE jobs j SET
            status = m.status, open = m.open, failed = m.failed, moving = m.moving, next_step = m.next_step,
            cancel_reason = m.cancel_reason, ends_cleanup = m.ends_cleanup, worker_id = m.worker_id,
            waits_for = m.waits_for, holds = m.holds,
            paused_at = CASE WHEN m.paused THEN coalesce(j.paused_at, statement_timestamp()) END,
            context = coalesce(m.context, j.context), fragments = coalesce(m.fragments, j.fragments),
            log_lines = coalesce(m.log_lines, j.log_lines), error = coalesce(m.error, j.error),
            retry_job = coalesce(m.retry_job, j.retry_job),
            deadline_at = CASE WHEN m.grace IS NULL THEN j.deadline_at
                ELSE statement_timestamp() + make_interval(secs => m.grace) END,
            queue_rank = greatest(j.queue_rank, r.rank),
            started_at = CASE WHEN m.status <> 'pending' THEN coalesce(j.started_at, statement_timestamp()) END,
            completed_at = CASE WHEN m.status NOT IN ('pending', 'running')
                THEN coalesce(j.completed_at, statement_timestamp()) END
        FROM (SELECT * FROM json_to_recordset($9::json) AS m (
            id uuid, status text, open int, failed int, moving int, next_step int, cancel_reason text,
            ends_cleanup boolean, paused boolean, worker_id uuid, context json, fragments jsonb, holds jsonb,
            log_lines bigint, error text, retry_job uuid, grace int, waits_for text) LIMIT $10) m
        LEFT JOIN ranks r ON r.job_id = m.id
        WHERE j.id = m.id
    )
    SELECT count(*) FROM changed
    """)
_FORMER = """
    INSERT INTO attempts (job_id, step, attempt, worker_id, started_at, ended_at, error, error_kind, exit_code)
    SELECT s.job_id, s.id, n.attempt, s.worker_id, s.started_at, clock_timestamp(), n.error, n.error_kind, n.exit_code
    FROM (SELECT * FROM json_to_recordset(%s::json) AS n (
        job_id uuid, step int, attempt int, error text, error_kind text, exit_code int) LIMIT %s) n
    JOIN steps s ON s.job_id = n.job_id AND s.id = n.step
    """
_JOB_OUTPUT = """
    UPDATE jobs j SET output = n.output
    FROM (SELECT * FROM json_to_recordset(%s::json) AS n (job_id uuid, output json) LIMIT %s) n WHERE j.id = n.job_id
    """
_END = f"""
    WITH ended AS MATERIALIZED (
        SELECT * FROM json_to_recordset(%s::json) AS n (id uuid, status text) LIMIT %s
    ), forgotten AS (
        UPDATE steps s SET full_output = NULL FROM ended e WHERE s.job_id = e.id AND s.full_output IS NOT NULL
    ), forgotten_too AS (
        DELETE FROM large_outputs l USING ended e WHERE l.job_id = e.id AND l.secret
    ), dropped AS (
        DELETE FROM messages m USING ended e WHERE m.job_id = e.id AND m.held
    )
    {COUNT.format(ended="ended")}
    """  # noqa: S608 - constants
_FORGET_VALUES = """
    WITH ended AS (
        UPDATE jobs SET context = NULL WHERE id = ANY(%s) RETURNING id
    )
    UPDATE steps s SET value = NULL, context = NULL FROM ended e
    WHERE s.job_id = e.id AND (s.value IS NOT NULL OR s.context IS NOT NULL)
    """
_DROP = "DELETE FROM messages WHERE id = ANY(%s)"


class StaleDecision(Exception):
    """Steps changed after they were read for the decision: it must be made again."""


@attrs.frozen(kw_only=True)
class Applied:
    """Receivers of notifications after the commit.

    `workers` have steps that they must end; `addressed` are jobs with new messages.
    """

    workers: frozenset[uuid.UUID] = frozenset()
    addressed: frozenset[uuid.UUID] = frozenset()


async def apply(connection: Connection, jobs: Sequence[JobChanges]) -> Applied:
    """Writes the changes of locked jobs. Raises StaleDecision; the transaction must then be rolled back.

    One statement in the ordinary case. Rarer changes are further statements, sent together. They are deferred if they
    have no answer that others must hear of: then errors are raised later in the transaction.
    """
    freed = [(one.job_id, step) for one in jobs for step in one.changes.freed_slots]
    keys = await _lock_keys(connection, jobs, freed)
    for statement in _before(jobs):
        await defer(connection, statement)
    many = sum(len(one.changes.made) + len(one.changes.changed) for one in jobs) >= _MANY
    main = await asyncio.to_thread(_main, jobs) if many else _main(jobs)
    await defer(connection, main, partial(_check, sum(len(one.changes.changed) for one in jobs)))
    for statement in _after(jobs):
        await defer(connection, statement)
    asked = {one.changes.step(step).worker_id for one in jobs for step in one.changes.cancels}
    addressed = {message.job_id for message in _sent(jobs)}
    if keys:
        addressed |= await _grant(connection, jobs, freed, keys)
    return Applied(workers=frozenset(one for one in asked if one is not None), addressed=frozenset(addressed))


async def _grant(
    connection: Connection, jobs: Sequence[JobChanges], freed: Sequence[StepId], keys: Collection[str]
) -> set[uuid.UUID]:
    """Frees slots, puts owners into the lines, and gives slots to the first; returns the jobs that get messages."""
    if freed:
        await slots.free(connection, freed)
    wanted = [(one, request) for one in jobs for request in one.changes.wanted_slots.values()]
    waiting = [
        Waiting(owner=(one.job_id, request.step), key=request.key, priority=-one.locked.priority)
        for one, request in wanted
    ]
    if waiting:
        await slots.line_up(connection, waiting)
    addressed = await slots.grant(connection, keys)
    if told := [one.job_id for one, request in wanted if request.is_told]:
        addressed |= await slots.tell_waiting(connection, told)
    return addressed


def _check(expected: int, row: Sequence[int]) -> None:
    if row[0] != expected:
        raise StaleDecision(f"{row[0]} of {expected} steps were as they had been read")


def _main(jobs: Sequence[JobChanges]) -> Statement:
    return _MAIN, (
        *records(job_changes.fronts(jobs)),
        *records([record for one in jobs for record in job_changes.rows(one)]),
        *records(job_changes.transitions(jobs)),
        *records(job_changes.ended_attempts(jobs)),
        *records(job_changes.moved(jobs)),
    )


def _before(jobs: Sequence[JobChanges]) -> Iterator[Statement]:
    if former := job_changes.former_attempts(jobs):
        yield _FORMER, records(former)
    yield from large_outputs.insertion((one.job_id, row) for one in jobs for row in one.large)


def _after(jobs: Sequence[JobChanges]) -> Iterator[Statement]:
    if own := job_changes.job_outputs(jobs):
        yield _JOB_OUTPUT, records(own)
    yield from outputs.copying(jobs)
    yield from kept_steps.retaining(jobs)
    yield from step_cache.writing(jobs)
    yield from outputs.collecting(jobs)
    if ended := [{"id": one.job_id, "status": one.changes.job.status} for one in jobs if one.ends]:
        yield from heard_ends.telling(jobs)
        yield _END, records(ended)
    if secret := [one.job_id for one in jobs if one.ends and one.has_secret_values]:
        yield _FORGET_VALUES, (secret,)
    if sent := _sent(jobs):
        yield messages.insertion(sent)
    consumed = {message for one in jobs for message in one.changes.consumed}
    if consumed:
        yield _DROP, (sorted(consumed),)
    kept = {message for one in jobs for message in one.changes.kept} - consumed
    if kept_again := [message for one in jobs for message in one.taken if message.id in kept]:
        yield messages.keeping(kept_again)


def _sent(jobs: Sequence[JobChanges]) -> list[NewMessage]:
    """Messages to other jobs. One to the parent names this job in its payload."""
    found: list[NewMessage] = []
    for one in jobs:
        parent = one.locked.parent_job
        for message in one.changes.messages:
            kind, actor = message.kind, str(one.job_id)
            if message.job is not None:
                child = uuid.UUID(message.job)
                found.append(NewMessage(job_id=child, kind=kind, payload=message.payload, actor=actor))
            elif parent is not None:
                step, payload = one.locked.parent_step, {**_mapping(message.payload), "job": actor}
                found.append(NewMessage(job_id=parent, step=step, kind=kind, payload=payload, actor=actor))
    return found


def _mapping(payload: Json) -> Mapping[str, Json]:
    return payload if isinstance(payload, Mapping) else {}


async def _lock_keys(connection: Connection, jobs: Sequence[JobChanges], freed: Sequence[StepId]) -> set[str]:
    """Locks the keys of slots that are wanted or freed; returns them."""
    sizes: dict[str, KeySize | None] = dict.fromkeys(await slots.keys_of(connection, freed) if freed else ())
    for one in jobs:
        sizes |= {wanted.key: _size_of(one, wanted) for wanted in one.changes.wanted_slots.values()}
    if sizes:
        await slots.lock_keys(connection, sizes)
    return set(sizes)


def _size_of(one: JobChanges, wanted: SlotRequest) -> KeySize | None:
    """The size that a request gives its key. That of a scoped key is from the release of the job."""
    if wanted.size is None:
        return None
    if not wanted.key.startswith(SCOPES):
        return KeySize(size=wanted.size, rate=wanted.rate)
    workspace, release_id = one.locked.workspace, one.locked.release_id
    return KeySize(size=wanted.size, rate=wanted.rate, workspace=workspace, release_id=release_id)
