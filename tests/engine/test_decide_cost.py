"""Rows that are read and written per step, counted: constant in the size of a job, and few."""

from collections.abc import Callable, Sequence

import attrs
import pytest

from stroem.engine import events
from stroem.engine.plan import TaskPlan
from stroem.engine.values.state import ENDED
from stroem.interfaces.nodes import Edge, Node, RetryPolicy
from tests.engine.simulation import Simulation


@attrs.frozen
class Cost:
    """Rows read and written, and answered `Load`s, per step."""

    read: float
    written: float
    loads: float


def _plan(*nodes: Node) -> TaskPlan:
    return TaskPlan(task="t", nodes=nodes, actions={}, max_steps=1_000_000)


def chain(size: int, does: str = "ok") -> TaskPlan:
    """Steps one after the other. The first does something else."""
    return _plan(
        *(
            Node(
                name=f"s{at}",
                entry=at == 0,
                incoming=int(at > 0),
                action="ok" if at else does,
                edges=(Edge(to=at + 1),) if at + 1 < size else (),
            )
            for at in range(size)
        )
    )


def fan(size: int) -> TaskPlan:
    """One step, many behind it, and one behind them all."""
    first = Node(name="first", entry=True, edges=tuple(Edge(to=at + 1) for at in range(size)))
    many = [Node(name=f"s{at}", incoming=1, edges=(Edge(to=size + 1),)) for at in range(size)]
    return _plan(first, *many, Node(name="last", incoming=size))


def loop(size: int, limit: int | None = None) -> TaskPlan:
    """A loop of so many items."""
    each = Node(name="each", kind="loop", entry=True, items=list(range(size)), limit=limit, output="list")
    return _plan(each, Node(name="work", parent=0, entry=True))


def retries(size: int) -> TaskPlan:
    """A loop of steps that all fail once."""
    retry = RetryPolicy(attempts=2, delay=30)
    return _plan(loop(size).nodes[0], Node(name="work", parent=0, entry=True, action="fail ok", retry=retry))


def rounds(size: int) -> TaskPlan:
    """A loop that asks for one more round, so many times."""
    each = Node(name="each", kind="loop", entry=True, again=f"rounds:{size}", most=size, output="list")
    return _plan(each, Node(name="work", parent=0, entry=True))


def machine(size: int) -> TaskPlan:
    """A state that is visited again and again, so many times."""
    states = (
        Node(name="work", entry=True, join="each", incoming=1, edges=(Edge(to=1),)),
        Node(name="count", kind="assign", join="each", incoming=1, writes={"n": "count:n"}, edges=(Edge(to=2),)),
        Node(name="check", kind="choice", join="each", incoming=1, edges=(Edge(to=0, test=f"below:n:{size // 3}"),)),
    )
    return _plan(states[0], states[1], attrs.evolve(states[2], edges=(*states[2].edges, Edge(to=3))), _END)


_END = Node(name="end", kind="assign", join="each", incoming=1)


def cost(plan: TaskPlan, exchange: int) -> Cost:
    """Runs a job to its end, with so many reports in one exchange, and counts."""
    job = Simulation(plan, checks=False)
    queue = list(job.happen(events.Begin()).ready)
    due: list[int] = []
    while queue or due:
        happened: Sequence[events.Event] = [_due(job, one) for one in due[:exchange]]
        taken = [] if happened else [job.claim(job.store.steps[one]) for one in queue[:exchange]]
        happened = happened or [job.ended(step, at=step.address) for step in taken]
        due, queue = due[exchange:] if not taken else due, queue[len(taken) :]
        changes = job.happen(*happened)
        queue.extend(changes.ready)
        due.extend(step.id for _, step in changes.changed.values() if step.due_at is not None)
    assert job.status in ENDED
    store, steps = job.store, len(job.store.steps)
    return Cost(read=store.read / steps, written=store.written / steps, loads=store.loads / steps)


def _due(job: Simulation, step: int) -> events.Due:
    return job.due(job.store.steps[step])


SHAPES: dict[str, tuple[Callable[[int], TaskPlan], int, Cost]] = {
    "chain": (chain, 1, Cost(2, 3, 2)),
    "skipped chain": (lambda size: chain(size, "fail"), 1, Cost(1, 2, 2)),
    "fan-out and fan-in, one report at a time": (fan, 1, Cost(3, 4, 2)),
    "fan-out and fan-in": (fan, 16, Cost(3, 4, 1)),
    "loop without a limit": (loop, 16, Cost(1.2, 2.1, 0.3)),
    "loop with a limit of 16": (lambda size: loop(size, 16), 16, Cost(2.2, 3.1, 0.3)),
    "loop with a limit of 16, one report at a time": (lambda size: loop(size, 16), 1, Cost(3.1, 4.1, 3)),
    "rounds": (rounds, 1, Cost(4, 4, 4)),
    "retries": (retries, 16, Cost(4.5, 4.5, 0.7)),
    "state machine": (machine, 1, Cost(2, 3, 3)),
}
"""Each shape with the number of reports in one exchange, and the most that a step of it may cost."""


@pytest.mark.parametrize("shape", SHAPES)
def test_a_step_costs_few_rows_and_no_more_in_a_job_of_ten_thousand(shape: str) -> None:
    make, exchange, most = SHAPES[shape]
    small, large = (cost(make(size), exchange) for size in (1_000, 10_000))
    for kind in ("read", "written", "loads"):
        few, many = getattr(small, kind), getattr(large, kind)
        assert many <= getattr(most, kind), f"{kind}: {large}"
        assert many == pytest.approx(few, rel=0.02, abs=0.02), f"{kind}: {small}, {large}"
