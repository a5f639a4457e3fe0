"""A job in memory from its begin to its end: workers, a clock, messages, children and slots are played."""

import datetime
from collections.abc import Sequence
from typing import Any

import attrs

from stroem.definitions.values import Json
from stroem.engine import events
from stroem.engine.changes import Changes
from stroem.engine.decide import decide
from stroem.engine.kinds.approval import Approval
from stroem.engine.kinds.assign import Assign
from stroem.engine.kinds.signal import Signal
from stroem.engine.kinds.wait import Wait
from stroem.engine.plan import TaskPlan
from stroem.engine.requests import (
    CacheAnswer,
    CachedResult,
    CheckPayload,
    Evaluate,
    Failure,
    FindCached,
    Fragment,
    KeptSignal,
    KeptVisits,
    Load,
    LoadKept,
    OpenFragment,
    Request,
    StartChild,
    StartHook,
    StartRetry,
)
from stroem.engine.values.state import CLOSING, ENDED, JOB, Step
from stroem.interfaces.nodes import ROOT, Node
from tests.engine.memory_store import MemoryStore
from tests.engine.reference import is_good
from tests.engine.templates import evaluate

KINDS = {kind.name: kind() for kind in (Approval, Assign, Signal, Wait)}
START = datetime.datetime(2030, 1, 1, tzinfo=datetime.UTC)


@attrs.define
class ChildJob:
    """A job that a step of kind `task` started."""

    step: int
    task: str
    attempt: int
    is_cancelled: bool = False
    has_ended: bool = False


class Simulation:
    """Drives `decide` for one job, and checks the rules of starting after each decision.

    `fragments` are plans by the text under which a block opens them, `cached` results of earlier steps by name. With
    `kept` the job runs another again in part.
    """

    def __init__(
        self,
        plan: TaskPlan,
        fragments: dict[str, TaskPlan] | None = None,
        checks: bool = True,
        kept: KeptVisits | None = None,
    ):
        self.fragments = fragments or {}
        self.checks = checks
        self.store = MemoryStore(plan)
        self.kept = kept
        self.store.job.is_partial = kept is not None
        self.now = START
        self.children: dict[str, ChildJob] = {}
        self.slots: dict[int, str] = {}
        self.trace: list[str] = []
        self.changes: Changes | None = None
        self.evaluated: list[Evaluate] = []
        self.hooks: list[StartHook] = []
        self.retries: list[StartRetry] = []
        self.sent: list[events.Event] = []
        self.cached: dict[str, CachedResult | Failure] = {}
        self.lookups: list[FindCached] = []
        self.worker = 1
        """The number of the worker that claims; another one does after a loss."""
        self._messages = 0
        self._fragments = 0

    @property
    def status(self) -> str:
        return self.store.job.status

    @property
    def steps(self) -> list[Step]:
        """All steps, in the order in which they were made."""
        return [self.store.steps[one] for one in sorted(self.store.steps)]

    def node(self, step: Step) -> Node:
        return self.store.plan.nodes[step.node]

    def paths(self) -> dict[int, str]:
        """The path of each step: `deploy[3].test`, `check~2`."""
        paths = {JOB: ""}
        for step in self.steps:
            around = self.store.steps.get(step.parent)
            if around is not None and self.node(around).kind == "loop":
                paths[step.id] = f"{paths[around.id]}[{step.item}]"
                continue
            name = self.node(step).name if step.item == 0 else f"{self.node(step).name}~{step.item + 1}"
            paths[step.id] = name if around is None else f"{paths[around.id]}.{name}"
        return {one: path for one, path in paths.items() if one != JOB}

    def outcomes(self) -> dict[str, str]:
        """The status of each step by its path."""
        return {path: self.store.steps[one].status for one, path in self.paths().items()}

    def step(self, path: str) -> Step:
        """The step with a path. Raises KeyError."""
        return self.store.steps[{known: one for one, known in self.paths().items()}[path]]

    # One decision

    def happen(self, *happened: events.Event) -> Changes:
        """Decides and applies the consequences of events, and checks them."""
        self.sent.extend(happened)
        before = {one: step.status for one, step in self.store.steps.items()} if self.checks else {}
        closing = {one for one, step in self.store.steps.items() if step.waits_for == CLOSING} if self.checks else set()
        job = self.store.job_copy()
        self.changes = self._decided(happened)
        self.store.apply(self.changes)
        self._follow(self.changes, happened)
        if self.checks:
            self.store.recount()
            started = self._started(before)
            self._check_closing(started, closing)
            self._check_started(started, job.is_halted, job.paused and self.store.job.paused, job.ends_cleanup)
        return self.changes

    def _decided(self, happened: Sequence[events.Event]) -> Changes:
        children: list[str] = []
        decision = decide(self.store.job_copy(), self.store.plan, happened, self.now, KINDS)
        answer: Any = None
        while True:
            try:
                request = decision.send(answer)
            except StopIteration as end:
                changes: Changes = end.value
                assert changes.children == children, f"children {changes.children}, asked for: {children}"
                return changes
            answer = self._answer(request, children)

    def _answer(self, request: Request, children: list[str]) -> Any:
        match request:
            case Load():
                return self.store.answer(request)
            case LoadKept():
                return self.kept
            case Evaluate():
                self.evaluated.append(request)
                return evaluate(request.template, request.scope, request.own)
            case FindCached():
                self.lookups.append(request)
                return self._cached(self.store.plan.nodes[request.node].name, reads=request.reads)
            case CheckPayload():
                return request.payload if request.payload != "bad" else Failure(error="payload is bad")
            case StartChild():
                if request.task == "refused":
                    return Failure(error="this task cannot be started")
                job = f"child-{len(self.children) + 1}"
                self.children[job] = ChildJob(request.step, request.task, request.attempt)
                children.append(job)
                return job
            case StartHook():
                self.hooks.append(request)
                if request.hook.action == "refused":
                    return Failure(error="this hook cannot start")
                children.append(f"hook-{len(self.hooks)}")
                return children[-1]
            case StartRetry():
                self.retries.append(request)
                return f"retry-{len(self.retries)}"
            case OpenFragment():
                return self._fragment(request.document)

    def _cached(self, name: str, *, reads: bool) -> CacheAnswer | Failure:
        found = self.cached.get(name)
        if isinstance(found, Failure):
            return found
        return CacheAnswer(digest=f"key of {name}", hit=found if reads else None)

    def _fragment(self, document: Json) -> Fragment | Failure:
        if document not in self.fragments:
            return Failure(error="this is no plan")
        return Fragment(digest=str(document), plan=self.fragments[str(document)])

    def _follow(self, changes: Changes, happened: Sequence[events.Event]) -> None:
        """Plays the parts of the system that act on a decision: slots, signals, child jobs, fragments."""
        reports = {event.step: event.output for event in happened if isinstance(event, events.Ended)}
        self.store.outputs.update((one, reports[one]) for one in changes.accepted if one in reports)
        for one in changes.freed_slots:
            self.slots.pop(one, None)
        signals = {event.message: event for event in happened if isinstance(event, events.Signal)}
        for message in changes.kept:
            event = signals[message]
            self.store.signals[message] = KeptSignal(message=message, name=event.name, payload=event.payload)
        for message in changes.consumed:
            assert message in self.store.signals or message in signals, f"signal {message} is not known"
            self.store.signals.pop(message, None)
        for message in changes.messages:
            if message.kind == "cancel":
                self.children[str(message.job)].is_cancelled = True
            elif message.kind in ("pause", "resume"):
                assert str(message.job) in self.children, "a pause is told to a child job"
            else:
                assert self.status in ENDED, "the parent job hears of an end before it"
        for wanted in changes.wanted_slots.values():
            owner = changes.job if wanted.step == JOB else self.store.steps[wanted.step]
            assert (owner.status, owner.waits_for) == ("pending", f"slot:{wanted.key}")
        for block, digest in changes.job.fragments[self._fragments :]:
            self.store.plan = self.store.plan.joined(block, self.fragments[digest])
        self._fragments = len(changes.job.fragments)

    # Checks after each decision

    def _started(self, before: dict[int, str]) -> list[Step]:
        """Steps that left `pending`, or were made past it, and did not end as skipped or cancelled."""
        return [
            step
            for one, step in self.store.steps.items()
            if before.get(one, "pending") == "pending" and step.status not in ("pending", "skipped", "cancelled")
        ]

    def _check_closing(self, started: Sequence[Step], closing: set[int]) -> None:
        """Nothing starts inside a scope that was ending: after a timeout, or a failure that ends the others."""
        for step in started:
            around = step.parent
            while around != JOB:
                is_for_cleanup = self.node(step).cleanup or step.status == "failed"
                assert around not in closing or is_for_cleanup, f"{self.paths()[step.id]} started in an ending scope"
                around = self.store.steps[around].parent

    def _check_started(self, started: Sequence[Step], is_halted: bool, paused: bool, ends_cleanup: bool) -> None:
        paths = self.paths()
        for step in started:
            node = self.node(step)
            moved = f"{paths[step.id]} became {step.status}"
            is_cleanup = node.cleanup or node.final
            assert not is_halted or is_cleanup or step.status == "failed", f"{moved} in a cancelled job"
            if node.final:
                others = [one for one in self.steps if not self.node(one).final]
                assert all(one.status in ENDED for one in others), f"{moved} before the end of the flow"
            assert not ends_cleanup, f"{moved} after a second cancellation"
            assert is_halted or not paused or step.status == "failed", f"{moved} in a pause"
            if node.join == "all" and step.status != "failed" and not self._is_iteration(step):
                self._check_edges(step, paths)
        places = [one.place for one in self.store.job.holds]
        assert not [
            paths[s.id] for s in self.steps if s.status == "ready" and any(self._is_inside(s, one) for one in places)
        ], "steps are ready in a pause of theirs"
        if self.store.job.paused and not self.store.job.is_halted:
            assert not [paths[s.id] for s in self.steps if s.status == "ready"], "steps are ready in a pause"
        for step in self.steps:
            if step.status in ("ready", "running") and self.node(step).slot is not None:
                assert step.id in self.slots, f"{paths[step.id]} is {step.status} without its slot"
            if step.status == "suspended" and (step.waits_for or "").startswith("signal:"):
                name = str(step.waits_for).partition(":")[2]
                assert not [one for one in self.store.signals.values() if one.name == name], f"{name} is kept, unheard"
        if self.status in ENDED:
            assert not self.slots, f"slots are held in an ended job: {self.slots}"

    def _is_inside(self, step: Step, place: tuple[tuple[int, int], ...]) -> bool:
        """True if a step is at a place, or inside it."""
        own = [(step.node, step.item)]
        while step.parent != JOB:
            step = self.store.steps[step.parent]
            own.insert(0, (step.node, step.item))
        return tuple(own[: len(place)]) == place

    def hold(self, turn: int) -> events.PauseStep:
        """The pause of a step, or of a node that has none yet."""
        found = self.steps
        if not found or turn % 2:
            number = turn % len(self.store.plan.nodes)
            scope = self.store.plan.node(number).parent
            if scope == ROOT:
                step = next((one.id for one in self.store.children(JOB) if one.node == number and not one.item), None)
                return events.PauseStep(place=((number, 0),), name=f"node {number}", step=step, actor="ada")
        if not found:
            return events.PauseStep(place=((0, 0),), name="node 0", actor="ada")
        step = found[turn % len(found)]
        place, at = [(step.node, step.item)], step
        while at.parent != JOB:
            at = self.store.steps[at.parent]
            place.insert(0, (at.node, at.item))
        return events.PauseStep(place=tuple(place), name=self.paths()[step.id], step=step.id, actor="ada")

    def _check_edges(self, step: Step, paths: dict[int, str]) -> None:
        for number, node in enumerate(self.store.plan.nodes):
            if any(edge.to == step.node for edge in node.edges):
                before = [one for one in self.store.children(step.parent) if one.node == number]
                assert before, f"{paths[step.id]} started before {node.name} was reached"
                assert all(one.status in ENDED for one in before), f"{paths[step.id]} started before {node.name} ended"

    def _is_iteration(self, step: Step) -> bool:
        around = self.store.steps.get(step.parent)
        return around is not None and self.node(around).kind == "loop"

    # Workers, people, the clock

    def claim(self, step: Step) -> Step:
        """A worker takes a ready step, as SQL does it: without a decision."""
        row = self.store.steps[step.id]
        assert row.status == "ready", f"a claim of a step that is {row.status}"
        due = None if row.timeout is None else self.now + datetime.timedelta(seconds=row.timeout)
        row = attrs.evolve(row, status="running", attempt=row.attempt + 1, worker_id=f"w{self.worker}", due_at=due)
        self.store.steps[step.id] = row
        return row

    def ended(self, step: Step, outcome: Any = None, **more: Any) -> events.Ended:
        """The report of a worker about a step that it runs: `outcome`, or as the words of the action say."""
        words = self.node(step).action.split() or ["ok"]
        word = words[min(step.attempt, len(words)) - 1]
        if outcome is None:
            outcome = "completed" if is_good(word, 1, self.index(step)) else "failed"
            if word == "lost":
                more = {"cause": "lost", "error_kind": "worker_lost"}
                self.worker += step.worker_id == f"w{self.worker}"
        error = "it failed" if outcome == "failed" else None
        return events.Ended(
            step=step.id, outcome=outcome, attempt=step.attempt, worker_id=step.worker_id, error=error, **more
        )

    def index(self, step: Step) -> int:
        """The index of the nearest iteration around a step, 0 outside loops."""
        while step.parent != JOB and not self._is_iteration(step):
            step = self.store.steps[step.parent]
        return step.item if step.parent != JOB else 0

    def resolve(self, step: Step, approved: bool | None = None) -> events.Resolve:
        """The answer of a person to an approval: `approved`, or as the words of the step say."""
        good = is_good(self.node(step).action or "ok", 1, self.index(step)) if approved is None else approved
        return events.Resolve(step=step.id, answer={"approved": good}, actor="ada")

    def child_ended(self, job: str) -> events.ChildEnded:
        """The end of a child job, as the words of its task say."""
        child = self.children[job]
        child.has_ended = True
        good = is_good(child.task, child.attempt, self.index(self.store.steps[child.step]))
        outcome = "cancelled" if child.is_cancelled else "completed" if good else "failed"
        return events.ChildEnded(step=child.step, job=job, outcome=outcome)

    def signal(self, name: str, payload: Json = None) -> events.Signal:
        """A signal with an id that no other has."""
        self._messages += 1
        return events.Signal(name=name, message=self._messages, payload=payload)

    def due(self, step: Step) -> events.Due:
        """The due time of a step, which the clock reaches."""
        if step.due_at is not None:
            self.now = max(self.now, step.due_at)
        return events.Due(step=step.id)

    def granted(self, step: Step) -> events.Granted:
        """A slot for a step that waits for it."""
        self.slots[step.id] = str(step.waits_for).partition(":")[2]
        return events.Granted(step=step.id)
