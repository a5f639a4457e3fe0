"""Invariants of ended jobs, after any faults."""

import uuid
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import attrs
import orjson

from stroem.engine.values.state import ENDED, JOB
from stroem.orchestrator.logs.reader import LogReader
from stroem.orchestrator.plans.step_names import SERVER_STEP_NAME
from stroem.store.database import Database
from stroem.store.statement import fetch, fetch_named
from tests.orchestrator.model.replay import Change, differences, history_of, states_of
from tests.orchestrator.model.worker import Run

_LEFT = {
    "messages": "SELECT count(*) FROM messages",
    "slots": "SELECT count(*) FROM slots",
    "owners in line": "SELECT count(*) FROM slot_line",
    "secrets": "SELECT count(*) FROM steps WHERE full_output IS NOT NULL",
    "running steps": "SELECT count(*) FROM steps WHERE status NOT IN ('completed', 'failed', 'skipped', 'cancelled')",
    "due times": "SELECT count(*) FROM steps WHERE due_at IS NOT NULL",
}


@attrs.frozen(kw_only=True)
class End:
    """Rows of an ended job, its history and log.

    `left` counts rows that should be gone, by name; `tallied` is false if the tally of ended jobs is wrong. `followers`
    are the tasks of its hooks and of the job that repeats it.
    """

    job: dict[str, Any]
    steps: Sequence[dict[str, Any]]
    history: Sequence[Change]
    replayed: Sequence[str]
    log: Sequence[str]
    left: dict[str, int]
    tallied: bool
    followers: Sequence[str]


async def end_of(database: Database, logs: LogReader, job_id: uuid.UUID) -> End:
    """Reads the end of a job."""
    documents = map(orjson.loads, (await logs.read(job_id)).data.splitlines())
    async with database.read() as connection:
        job = (await fetch_named(connection, "SELECT * FROM jobs WHERE id = %s", (job_id,)))[0]
        steps = await fetch_named(connection, "SELECT * FROM steps WHERE job_id = %s ORDER BY id", (job_id,))
        history = await history_of(connection, job_id)
        left = {name: (await fetch(connection, sql))[0][0] for name, sql in _LEFT.items()}
        counts = await fetch(
            connection,
            """
            SELECT (SELECT coalesce(sum(jobs), 0) FROM job_tallies),
                   (SELECT count(*) FROM jobs WHERE status NOT IN ('pending', 'running'))
            """,
        )
        replayed = differences(history, await states_of(connection, job_id))
        followers = await fetch(connection, "SELECT task FROM jobs WHERE %s IN (hook_of, retry_of)", (job_id,))
    return End(
        job=job,
        steps=steps,
        history=history,
        replayed=replayed,
        log=[document["line"] for document in documents if document["step"] != SERVER_STEP_NAME],
        left={name: count for name, count in left.items() if count},
        tallied=counts[0][0] == counts[0][1],
        followers=[row[0] for row in followers],
    )


def broken(end: End, runs: Sequence[Run], *, ends: str | None, followers: Mapping[str, str]) -> Iterator[str]:
    """Broken invariants. `ends` is the status that the job must have, None if a fault may change it.

    `followers` are the tasks of the jobs that must follow it, by its end.
    """
    runs = [run for run in runs if run.claim.job_id == end.job["id"]]
    expected = [followers[end.job["status"]]] if end.job["status"] in followers else []
    if end.followers != expected:
        yield f"the job is followed by {end.followers}, not {expected}"
    yield from end.replayed
    yield from (f"{count} {name} are left over" for name, count in end.left.items())
    if not end.tallied:
        yield "the tally of ended jobs is wrong"
    yield from _job(end, ends)
    yield from _once(end)
    for step in end.steps:
        own = [run for run in runs if run.claim.step_id == step["id"]]
        yield from (f"step {step['id']}: {problem}" for problem in _step(step, own))
    yield from _log(end, runs)


def _job(end: End, ends: str | None) -> Iterator[str]:
    job, failed = end.job, sum(step["status"] == "failed" and step["parent"] == JOB for step in end.steps)
    expected = "cancelled" if job["cancel_reason"] else "failed" if failed else "completed"
    if job["status"] != expected or ends not in (None, job["status"]):
        yield f"the job is {job['status']}, not {ends or expected}"
    if (job["open"], job["failed"], job["moving"]) != (0, failed, 0):
        yield f"the job counts {job['open']} open, {job['failed']} failed, {job['moving']} moving; {failed} failed"
    if job["next_step"] != 1 + max([step["id"] for step in end.steps], default=0):
        yield f"the next step is {job['next_step']} of {len(end.steps)}"
    for scope in end.steps:
        inside = [step for step in end.steps if step["parent"] == scope["id"]]
        if inside and (scope["open"], scope["failed"]) != (0, sum(step["status"] == "failed" for step in inside)):
            yield f"step {scope['id']} counts {scope['open']} open and {scope['failed']} failed"


def _once(end: End) -> Iterator[str]:
    """The job and each step end once, and nothing follows the end of the job."""
    endings = Counter(change.step for change in end.history if change.status in ENDED)
    for step in [JOB, *(step["id"] for step in end.steps)]:
        if endings[step] != 1:
            yield f"step {step} ended {endings[step]} times"
    claims = Counter((change.step, change.attempt) for change in end.history if change.cause == "claim")
    for (step, attempt), times in claims.items():
        if times > 1:
            yield f"attempt {attempt} of step {step} was claimed {times} times"
    ended_at = next(at for at, change in enumerate(end.history) if change.step == JOB and change.status in ENDED)
    if behind := end.history[ended_at + 1 :]:
        yield f"the history goes on behind the end of the job: {behind}"


def _step(step: dict[str, Any], runs: Sequence[Run]) -> Iterator[str]:
    """The outcome of a step is that of an attempt that ran."""
    attempts = Counter(run.claim.attempt for run in runs)
    yield from (f"attempt {attempt} ran {times} times" for attempt, times in attempts.items() if times > 1)
    last = next((run for run in runs if run.claim.attempt == step["attempt"]), None)
    status, error = step["status"], step["error"] or ""
    is_action = step["need"] is not None
    if status == "completed" and is_action:
        if last is None or last.fails or step["output"] != {"run": last.number} or step["worker_id"] != last.worker_id:
            yield f"it is completed with {step['output']} by {last}"
    elif status == "failed" and is_action:
        if not error.startswith("Worker lost") and (last is None or not last.fails):
            yield f"it failed ({error}) by {last}"
    elif status == "skipped" and (step["attempt"] or runs):
        yield "it was skipped and ran"


def _log(end: End, runs: Sequence[Run]) -> Iterator[str]:
    """Each line is stored once and in order. None that was delivered for an accepted outcome is lost."""
    yield from (f"line {line} is there {times} times" for line, times in Counter(end.log).items() if times > 1)
    steps = {step["id"]: step for step in end.steps}
    for run in runs:
        written = [line for chunk in range(run.chunk + 1) for line in run.lines(chunk)]
        found = [line for line in end.log if line.startswith(f"{run.number}/")]
        step = steps[run.claim.step_id]
        is_accepted = step["attempt"] == run.claim.attempt and step["status"] == "completed"
        delivered = written[: -len(run.lines(run.chunk))]
        if is_accepted and found not in (delivered, written):  # the last chunk may be stored and its answer lost
            yield f"the log of {run.claim.step} is {found}, not {written}"
        elif found != written[: len(found)]:
            yield f"the log of {run.claim.step} is {found}, no beginning of {written}"
