"""Jobs of flows, their steps, hooks and retries held against the orders, the kills and the journal."""

import datetime
import uuid
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs

from tests.crash.flow_attempts import wrong_attempts
from tests.crash.flow_books import FlowBooks, FlowJob, FlowStep
from tests.crash.flow_load import REPLACED
from tests.crash.flow_workload import ATTEMPTS, CHILDREN, HOOKS, LIMITS, LOOPS, ROUNDS, FlowOrder, outputs
from tests.crash.shared_audit import wrong_sharing

_ENDS = {"completed", "failed", "skipped", "cancelled"}
_CLEANUP = "clean"
_HOOK_TASK = "_hook:tell"
_REPLACED = "Cancelled for a later job of the same concurrency"


@attrs.frozen(kw_only=True)
class FlowTold:
    """Records of the test itself.

    `asked` are its orders by number, `accepted` those by job id, `reruns` the jobs that run others again, each with the
    former one, `cancelled` the jobs that it cancelled, and `kills` the times at which it killed workers.
    """

    asked: Mapping[int, FlowOrder]
    accepted: Mapping[str, FlowOrder]
    reruns: Mapping[str, str]
    cancelled: set[uuid.UUID]
    kills: Mapping[uuid.UUID, datetime.datetime]


def audit(books: FlowBooks, told: FlowTold, journal: Path) -> list[str]:
    """All that is wrong."""
    wrong = [*_orders(books, told), *_left(books), *_state(books), *wrong_sharing(books, journal)]
    hooks, children = _followers(books, "hook_of"), _followers(books, "parent_job")
    for job in books.jobs.values():
        steps = books.steps[job.id]
        found = [
            *_job(job, steps, books, told),
            *_paths(job, steps),
            *_steps(job, steps),
            *_order(steps),
            *_cleanup(job, steps),
            *_hooks(job, [books.steps[hook.id] for hook in hooks[job.id]]),
            *_retries(job, books),
            *_children(job, steps, children[job.id]),
            *wrong_attempts(job, steps, told.kills, journal),
        ]
        wrong += [f"job {job.id} ({job.task}, {job.status}): {problem}" for problem in found]
    return wrong


def _followers(books: FlowBooks, link: str) -> Mapping[uuid.UUID, Sequence[FlowJob]]:
    found: dict[uuid.UUID, list[FlowJob]] = defaultdict(list)
    for job in books.jobs.values():
        if before := getattr(job, link):
            found[before].append(job)
    return found


def _orders(books: FlowBooks, told: FlowTold) -> Iterator[str]:
    """Every accepted job is there, once, and nothing is there that nobody asked for."""
    ordered = [job for job in books.jobs.values() if job.source_type == "api"]
    there = {str(job.id): job for job in ordered}
    for job_id, order in told.accepted.items():
        job = there.get(job_id)
        if job is None or (job.task, job.input) != (order.task, order.input):
            yield f"job {job_id} is not there as {order}: {job}"
    for job_id, former in told.reruns.items():
        again = books.jobs.get(uuid.UUID(job_id))
        if again is None or str(again.source_job_id) != former:
            yield f"job {job_id} does not run {former} again: {again}"
    for number, times in Counter(job.input["number"] for job in ordered).items():
        if times > 1 or number not in told.asked:
            yield f"order {number} is there {times} times"


def _left(books: FlowBooks) -> Iterator[str]:
    yield from (f"{count} {what} are left" for what, count in books.left.items() if count)
    if dict(books.tallies) != books.statuses():
        yield f"jobs counted: {books.statuses()}, tallied: {books.tallies}"


def _state(books: FlowBooks) -> Iterator[str]:
    """Each reported attempt has published its state once; one that ended after a cancellation may have none."""
    writers = [job for job in books.jobs.values() if job.task == "count"]
    ends = {job.id: _written(books.steps[job.id]) for job in writers}
    certain = [at for job in writers for at in ends[job.id] if job.cancelled_at is None or at < job.cancelled_at]
    latest = books.jobs[uuid.UUID(books.state["job_id"])]
    if not len(certain) <= books.state["number"] <= sum(map(len, ends.values())):
        yield f"state has {books.state['number']} snapshots, {len(certain)} writers of {ends}"
    if books.state["json"] != {"number": latest.input["number"]} or max(ends[latest.id]) < max(certain):
        yield f"state is {books.state}, that of {latest}; others wrote until {max(certain)}"


def _written(steps: Sequence[FlowStep]) -> Sequence[datetime.datetime]:
    """When the attempts ended that have written state, or may have."""
    return [
        attempt.ended_at
        for step in steps
        for attempt in step.attempts
        if attempt.status in ("completed", "cancelled") or attempt.error == "Exit code: 1"
    ]


def _job(job: FlowJob, steps: Sequence[FlowStep], books: FlowBooks, told: FlowTold) -> Iterator[str]:
    """A job has ended in the way that follows from its steps; only cancellations that were asked for cancelled it."""
    failed = [step.path for step in steps if step.loop is None and _is_outer(step) and step.status == "failed"]
    expected = {"cancelled"} if job.cancelled_at else {"failed"} if failed else {"completed"}
    if {job.status} != expected or job.open or job.moving or job.completed_at is None:
        yield f"it is not {expected}, with {failed} failed, {job.open} open, {job.moving} moving"
    sink = "hook" if job.hook_of else "last"
    has_output = any(step.path == sink and step.output is not None for step in steps)  # also of a cancelled step
    output = {sink: _expected(job, steps)[sink]} if has_output else {}
    if (job.output or {}) != output:
        yield f"its output is {job.output}, not {output}"
    line = [job]
    while before := books.jobs.get(line[-1].parent_job or line[-1].retry_of or uuid.UUID(int=0)):
        line.append(before)
    is_replaced = job.task in REPLACED and job.error == _REPLACED
    if job.cancelled_at and not is_replaced and not told.cancelled.intersection(one.id for one in line):
        yield "nobody cancelled it"
    told_by_api = Counter(step.status for step in steps if step.attempts or step.status in ("completed", "failed"))
    for status in ("completed", "failed"):
        if told_by_api[status] != job.steps.get(status, 0):
            yield f"{told_by_api[status]} steps are {status} in the API, {job.steps} in the database"


def _is_outer(step: FlowStep) -> bool:
    return not any(mark in step.path for mark in ".[~")


def _paths(job: FlowJob, steps: Sequence[FlowStep]) -> Iterator[str]:
    """Every item of a loop that began is there once; of a completed one each is completed."""
    yield from (f"{path} is there {n} times" for path, n in Counter(s.path for s in steps).items() if n > 1)
    for loop in steps:
        name = _name(loop.path)
        items = [step for step in steps if step.loop == loop.path]
        full = LOOPS.get(name, ROUNDS.get(job.task, 0) if name == "poll" else 0)
        is_rounds = name == "poll"
        if not full or (not loop.attempts and not items):
            continue
        expected = list(range(len(items) if is_rounds and loop.status != "completed" else full))
        if [step.index for step in items] != expected or len(items) > full:
            yield f"{loop.path} ({loop.status}) has the items {[step.path for step in items]}"
        if loop.status == "completed" and {step.status for step in items} != {"completed"}:
            yield f"{loop.path} is completed, with items {[step.status for step in items]}"


def _name(path: str) -> str:
    """The last name of a path."""
    return path.rpartition(".")[2]


def _steps(job: FlowJob, steps: Sequence[FlowStep]) -> Iterator[str]:
    """Each step has ended, with its output, or for a reason."""
    expected = _expected(job, steps)
    failed = [step for step in steps if step.status == "failed"]
    for step in steps:
        if step.status not in _ENDS:
            yield f"step {step.path} is {step.status}"
        if step.status == "completed" and step.path in expected and step.output != expected[step.path]:
            yield f"step {step.path} has the output {step.output}, not {expected[step.path]}"
        if step.status == "completed" and step.error:
            yield f"step {step.path} completed with the error {step.error}"
        if step.status == "cancelled" and not job.cancelled_at:
            yield f"step {step.path} is cancelled, the job is not"
        if step.status == "skipped" and not any(_scope(one) == _scope(step) for one in failed):
            yield f"step {step.path} is skipped, and nothing beside it failed: {step.error}"
        if step.status == "failed" and not _is_leaf(step, steps) and not _inside(step, failed):
            yield f"step {step.path} failed without a failure inside: {step.error}"
        if step.path not in expected and step.path not in (_CLEANUP, "quiet", "ask"):
            yield f"step {step.path} is not known"
    if job.status == "completed" and (missing := [path for path in expected if not _completed(path, steps)]):
        yield f"it completed without {missing}"


def _order(steps: Sequence[FlowStep]) -> Iterator[str]:
    """The items of a loop ran as many at once as it allows; the last step ran behind all others of the flow."""
    for loop in {step.loop for step in steps if step.loop}:
        limit = LIMITS.get(_name(loop))
        spans = [
            (step.attempts[0].started_at, step.attempts[-1].ended_at)
            for step in steps
            if step.loop == loop and step.attempts
        ]
        most = max((sum(begun <= start < ended for begun, ended in spans) for start, _ in spans), default=0)
        if limit and most > limit:
            yield f"{most} items of {loop} ran at once: {spans}"
    for last in (step for step in steps if step.path == "last" and step.attempts):
        before = [step for step in steps if _is_outer(step) and step.path not in (last.path, _CLEANUP)]
        if any(
            step.status != "completed" or (step.attempts and step.attempts[-1].ended_at > last.attempts[0].started_at)
            for step in before
        ):
            yield f"step last ran before {before}"


def _expected(job: FlowJob, steps: Sequence[FlowStep]) -> Mapping[str, Any]:
    """The outputs of the steps of a job, by path."""
    return {"hook": steps[0].input["text"]} if job.hook_of else outputs(job.task, job.input["number"])


def _is_leaf(step: FlowStep, steps: Sequence[FlowStep]) -> bool:
    """Whether it is a script or a sub-task itself: no loop or group of them, no wait."""
    return step.kind in ("script", "task") and not any(one.loop == step.path for one in steps)


def _scope(step: FlowStep) -> str:
    """The path of the group or iteration around a step; empty outside of all."""
    return step.path.rpartition(".")[0]


def _inside(step: FlowStep, failed: Sequence[FlowStep]) -> bool:
    return any(
        one.path != step.path and one.path.startswith((f"{step.path}[", f"{step.path}.", f"{step.path}~"))
        for one in failed
    )


def _completed(path: str, steps: Sequence[FlowStep]) -> bool:
    return any(step.path == path and step.status == "completed" for step in steps)


def _cleanup(job: FlowJob, steps: Sequence[FlowStep]) -> Iterator[str]:
    """`finally` ran once in a job that began, and not in one that did not."""
    ran = [step for step in steps if step.path == _CLEANUP and step.attempts]
    has_one = job.task not in ("count", _HOOK_TASK)
    if len(ran) != (1 if has_one and job.steps else 0) or any(len(step.attempts) != 1 for step in ran):
        yield f"its cleanup ran {len(ran)} times, with {job.steps} steps: {ran}"


def _hooks(job: FlowJob, hooks: Sequence[Sequence[FlowStep]]) -> Iterator[str]:
    """Each hook of a job's end has one job; there is none of a job that is repeated, nor of a hook."""
    said = sorted(step.input["text"] for steps in hooks for step in steps)
    expected = [] if job.retry_job or job.hook_of else sorted(HOOKS.get(job.status, []))
    if said != expected:
        yield f"its hooks are {said}, not {expected}"


def _retries(job: FlowJob, books: FlowBooks) -> Iterator[str]:
    """A failed job that may be repeated has one job that repeats it; others have none."""
    found = [one for one in books.jobs.values() if one.retry_of == job.id]
    is_due = job.status == "failed" and not job.parent_job and job.retry_attempt + 1 < ATTEMPTS.get(job.task, 1)
    if len(found) != is_due or [one.id for one in found] != ([job.retry_job] if job.retry_job else []):
        yield f"attempt {job.retry_attempt} is repeated by {[one.id for one in found]}, its row says {job.retry_job}"
    for one in found:
        if (one.task, one.input, one.retry_attempt) != (job.task, job.input, job.retry_attempt + 1):
            yield f"it is repeated by {one}"


def _children(job: FlowJob, steps: Sequence[FlowStep], children: Sequence[FlowJob]) -> Iterator[str]:
    """A step of type task has one job, which ended as the step did."""
    calls = {step.index: step for step in steps if step.kind == "task" and step.loop and step.attempts}
    if len({child.parent_step for child in children}) != len(children) or len(children) != len(calls):
        yield f"{len(children)} child jobs of {len(calls)} steps"
    for child in children:
        index = child.input["number"] - job.input["number"]
        step = calls.get(index)
        if step is None or (step.status, step.output) != (child.status, child.output if step.output else None):
            yield f"child {index} of {CHILDREN} is {child.status} with {child.output}, its step {step}"
