"""Clients, database, API and journal held against each other."""

import datetime
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping

import attrs
import orjson

from stroem.orchestrator.plans.step_names import SERVER_STEP_NAME
from tests.crash.books import Books, JobEntry, StepEntry
from tests.crash.site import Site
from tests.crash.workload import FLOWS, Order, executions

_LOST = "Worker lost: "
_ENDS = {"completed", "failed", "skipped"}


@attrs.frozen(kw_only=True)
class Told:
    """What the test knows by itself: the jobs it asked for by number, those that were accepted by id, and when
    it killed which worker."""

    asked: Mapping[int, Order]
    accepted: Mapping[str, Order]
    kills: Mapping[uuid.UUID, datetime.datetime]


async def audit(site: Site, books: Books, told: Told) -> list[str]:
    """All that is wrong."""
    wrong = [*_orders(books, told), *_tallies(books), *_sealed(books)]
    for job in books.jobs:
        order = told.asked.get(job.input["number"])
        if order is None:
            continue  # told by `_orders`
        found = [*_job(job, books), *_steps(site, job, order, books, told), *_places(job, books)]
        if not found:
            found = [problem async for problem in _log(site, job, order, books)]
        wrong += [f"job {job.id} ({job.task}, {job.status}): {problem}" for problem in found]
    return wrong


def _orders(books: Books, told: Told) -> Iterator[str]:
    """Every accepted job is there as it was ordered, and nothing is there that nobody ordered, or twice."""
    there = {str(job.id): job for job in books.jobs}
    for job_id, order in told.accepted.items():
        if job_id not in there:
            yield f"job {job_id} was accepted and is gone"
        elif there[job_id].input != order.input or there[job_id].task != order.task:
            yield f"job {job_id} is not as it was ordered: {there[job_id]}"
    for number, times in Counter(job.input["number"] for job in books.jobs).items():
        if times > 1 or number not in told.asked:
            yield f"order {number} is there {times} times"


def _tallies(books: Books) -> Iterator[str]:
    counted = dict(Counter(job.status for job in books.jobs))
    if counted != dict(books.tallies):
        yield f"jobs counted: {counted}, tallied: {dict(books.tallies)}"


def _sealed(books: Books) -> Iterator[str]:
    for head in books.heads:
        if head.hot_bytes or head.due:
            yield f"log of step {head.step} of job {head.job_id} is not sealed: {head}"
    for pieces in books.pieces.values():
        for piece in pieces:
            if piece.hot:
                yield f"lines are still hot: {piece}"


def _job(job: JobEntry, books: Books) -> Iterator[str]:
    """The row of a job agrees with those of its steps."""
    steps = books.steps[job.id]
    statuses = [step.status for step in steps]
    if not _ENDS.issuperset(statuses):
        yield f"steps have not ended: {statuses}"
    if job.status != ("failed" if "failed" in statuses else "completed"):
        yield f"the status does not follow from {statuses}"
    if job.open != 0 or job.failed != statuses.count("failed"):
        yield f"counters {job.open}, {job.failed} for {statuses}"
    if job.started_at is None or job.completed_at is None or not job.created_at <= job.started_at <= job.completed_at:
        yield f"times {job.created_at}, {job.started_at}, {job.completed_at}"
        return
    times = [time for step in steps for time in (step.started_at, step.completed_at) if time is not None]
    if times and not job.started_at <= min(times) <= max(times) <= job.completed_at:
        yield f"steps ran outside of {job.started_at} to {job.completed_at}: {times}"


def _steps(site: Site, job: JobEntry, order: Order, books: Books, told: Told) -> Iterator[str]:
    """Each step ended once, in the way that its journal and its dependencies allow."""
    steps = dict(zip(order.steps, books.steps[job.id], strict=True))
    for name, step in steps.items():
        sources = [steps[source] for source in FLOWS[order.task][name]]
        begun, ended = executions(site.journal, job.id, name)
        why = {
            "completed": _completed(step, order.output(name), begun, ended),
            "failed": _lost(step, begun, told.kills),
            "skipped": _skipped(step, begun),
        }.get(step.status, ())
        yield from (f"step {name}: {problem}: {step}" for problem in why)
        good = all(source.status == "completed" for source in sources)
        if good is (step.status == "skipped"):
            yield f"step {name}: {step.status} behind {[source.status for source in sources]}"
        if step.started_at and any(
            not source.completed_at or source.completed_at > step.started_at for source in sources
        ):
            yield f"step {name} began before what it depends on had ended"
    sinks = {name for name in steps if not any(name in sources for sources in FLOWS[order.task].values())}
    expected = {name: order.output(name) for name in steps if name in sinks and steps[name].status == "completed"}
    if (job.output or {}) != expected:
        yield f"its output is {job.output} and not {expected}"


def _completed(step: StepEntry, output: object, begun: int, ended: int) -> Iterator[str]:
    if step.output != output:
        yield f"the output is not {output}"
    if (begun, ended, step.attempt) != (1, 1, 1):
        yield f"it began {begun} times and ended {ended} times"
    if step.error is not None:
        yield "it has an error"


def _lost(step: StepEntry, begun: int, kills: Mapping[uuid.UUID, datetime.datetime]) -> Iterator[str]:
    if not (step.error or "").startswith(_LOST):
        yield "it did not fail for a lost worker"
        return
    killed_at = kills.get(step.worker_id) if step.worker_id else None
    if killed_at is None or step.started_at is None or step.completed_at is None:
        yield "its worker was not killed"
    elif step.completed_at < killed_at:
        yield f"its worker was killed later: {killed_at}"
    elif step.started_at > killed_at and begun:
        yield f"its worker was killed before: {killed_at}"
    if begun > 1 or step.attempt != 1 or step.output is not None:
        yield f"it began {begun} times"


def _skipped(step: StepEntry, begun: int) -> Iterator[str]:
    if begun or step.attempt or step.output is not None or step.worker_id is not None:
        yield f"it began {begun} times"


def _places(job: JobEntry, books: Books) -> Iterator[str]:
    """The pieces of a log lie one behind the other from 0 to its length."""
    position = 0
    for piece in books.pieces.get(job.id, ()):
        if piece.first_line != position or piece.lines < 1:
            yield f"log lines {position} to {piece.first_line} are missing or there twice"
        position = piece.first_line + piece.lines
    if position != job.log_lines:
        yield f"its log ends at {position} and not at {job.log_lines}"


async def _log(site: Site, job: JobEntry, order: Order, books: Books) -> AsyncIterator[str]:
    """The API gives every line once and in order, whole and in parts, of all steps and of each."""
    whole = await site.get(f"/api/jobs/{job.id}/logs")
    if (whole["next"], whole["total"], whole["more"]) != (job.log_lines, job.log_lines, False):
        yield f"the log ends at {whole['next']} of {whole['total']}, and there are {job.log_lines}"
    lines = whole["logs"].splitlines(keepends=True)
    after = job.log_lines // 2
    part = await site.get(f"/api/jobs/{job.id}/logs?after={after}")
    if part["logs"] != "".join(lines[after:]):
        yield f"the log behind line {after} is another one"
    documents = [orjson.loads(line) for line in lines]
    for name, step in zip(order.steps, books.steps[job.id], strict=True):
        printed = [document["line"] for document in documents if document["step"] == name]
        expected = order.lines_of(name)
        if step.status == "completed" and printed != expected:
            yield f"step {name} printed {_shortened(expected)}, its log has {_shortened(printed)}"
        elif printed != expected[: len(printed)]:
            yield f"step {name} was lost, but its log is no beginning of what it printed: {_shortened(printed)}"
    told = [document["line"] for document in documents if document["step"] == SERVER_STEP_NAME]
    if len(told) != len(set(told)):
        yield f"the server says the same twice: {told}"
    if strangers := {document["step"] for document in documents} - {SERVER_STEP_NAME, *order.steps}:
        yield f"lines of {strangers}"


def _shortened(lines: list[str]) -> str:
    return f"{len(lines)} lines ({lines[:3]} … {lines[-3:]})"
