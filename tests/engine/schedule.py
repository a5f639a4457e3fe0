"""Everything that can happen next to a job, and runs through it in any order."""

import datetime
from collections.abc import Callable, Sequence

import attrs

from stroem.engine import events
from stroem.engine.values.state import ENDED, Step
from tests.engine.simulation import Simulation

MOST_TURNS = 3_000


@attrs.frozen
class Move:
    """A thing that can happen next. `act` plays it and returns the event of it, if it is one."""

    text: str
    act: Callable[[], events.Event | None]


def possible(simulation: Simulation) -> list[Move]:
    """All moves that take the job on, in a fixed order: claims, reports, answers, and the clock last."""
    paths = simulation.paths()
    moves: list[Move] = []
    timers: list[tuple[datetime.datetime, Move]] = []
    for step in simulation.steps:
        if step.status in ENDED:
            continue
        moves.extend(_moves_of(simulation, step, paths[step.id]))
        if step.due_at is not None:
            timers.append((step.due_at, Move(f"time for {paths[step.id]}", lambda step=step: simulation.due(step))))
    for job, child in simulation.children.items():
        if not child.has_ended:
            moves.append(Move(f"end of {job}", lambda job=job: simulation.child_ended(job)))
    moves.extend(_grants(simulation, paths))
    return moves + [move for _, move in sorted(timers, key=lambda timer: timer[0])]


def _moves_of(simulation: Simulation, step: Step, path: str) -> list[Move]:
    if step.status == "ready":
        return [Move(f"claim {path}", lambda: _claim(simulation, step))]
    if step.status == "running" and step.cancel_requested:
        return [Move(f"stop {path}", lambda: simulation.ended(step, "cancelled"))]
    if step.status == "running" and simulation.node(step).kind == "action":
        return [Move(f"end {path}", lambda: simulation.ended(step))]
    if step.status == "suspended" and (step.waits_for or "").startswith("signal:"):
        return [Move(f"signal for {path}", lambda: simulation.signal(str(step.waits_for).partition(":")[2]))]
    if step.status == "suspended" and simulation.node(step).kind == "approval":
        return [Move(f"answer {path}", lambda: simulation.resolve(step))]
    return []


def _claim(simulation: Simulation, step: Step) -> None:
    simulation.claim(step)


def _grants(simulation: Simulation, paths: dict[int, str]) -> list[Move]:
    """A slot of each key that is free, for the first step that waits for it."""
    moves: list[Move] = []
    seen = set(simulation.slots.values())
    for step in simulation.steps:
        key = (step.waits_for or "").partition("slot:")[2]
        if step.status == "pending" and key and key not in seen:
            seen.add(key)
            moves.append(Move(f"slot for {paths[step.id]}", lambda step=step: simulation.granted(step)))
    return moves


def run(simulation: Simulation, until: Callable[[], bool] = lambda: False) -> Simulation:
    """Begins a job, if it has not begun, and plays the first possible move until it ends, stands still, or `until`."""
    if not simulation.sent:
        simulation.happen(events.Begin())
    while simulation.status not in ENDED and not until() and (moves := possible(simulation)):
        if (event := moves[0].act()) is not None:
            simulation.happen(event)
    return simulation


def play(
    simulation: Simulation,
    order: Sequence[int] = (),
    interruptions: Sequence[tuple[int, str]] = (),
    batch: int = 1,
    begin: events.Begin | None = None,
) -> None:
    """Runs a job to its end. The number at each place of `order` chooses among the possible moves, 0 is the first.

    An interruption (turn, what) is a `cancel`, `pause`, `resume`, `hold` (of a step), `release`, `signal` (early),
    `repeat` (an old event again), `alarm` (a due time that is not) or `return` (a worker gives a step back). `batch`
    events share a decision.
    """
    _happen(simulation, [begin or events.Begin()], "begin")
    for turn in range(MOST_TURNS):
        for _, what in [one for one in interruptions if one[0] == turn]:
            _interrupt(simulation, what, turn)
        if simulation.status in ENDED:
            break
        moves = possible(simulation)
        if not moves and simulation.store.job.paused:
            _happen(simulation, [events.Resume()], "resume")
            continue
        if not moves and (held := simulation.store.job.holds):
            _happen(simulation, [events.ResumeStep(place=held[0].place)], f"release {held[0].step}")
            continue
        assert moves, f"the job stands still: {simulation.outcomes()}"
        _take(simulation, moves, order[turn] if turn < len(order) else 0, batch)
    assert simulation.status in ENDED, f"no end after {MOST_TURNS} turns: {simulation.outcomes()}"
    _repeat_everything(simulation)


def _take(simulation: Simulation, moves: list[Move], number: int, batch: int) -> None:
    happened, texts = [], []
    for _ in range(min(batch, len(moves))):
        move = moves.pop(number % len(moves))
        event = move.act()
        texts.append(move.text)
        if event is not None:
            happened.append(event)
    if happened:
        _happen(simulation, happened, ", ".join(texts))
    else:
        simulation.trace.append(", ".join(texts))


def _interrupt(simulation: Simulation, what: str, turn: int) -> None:
    if what == "repeat":
        event: events.Event = simulation.sent[turn % len(simulation.sent)]
        if isinstance(event, events.Ended | events.Due | events.Resolve | events.ChildEnded):
            _happen(simulation, [event], f"again {event}")
        return
    if what == "alarm":
        early = [s for s in simulation.steps if s.due_at is None or s.due_at > simulation.now]
        if early:
            _happen(simulation, [events.Due(step=early[turn % len(early)].id)], "an alarm too early")
            assert simulation.changes is not None
            assert not simulation.changes.changed, "a due time that is none had consequences"
        return
    if what == "return":
        held = [s for s in simulation.steps if s.status == "running" and simulation.node(s).kind == "action"]
        if held:
            _happen(simulation, [events.Returned(step=held[turn % len(held)].id)], "a worker gives a step back")
        return
    happened = {
        "cancel": lambda: events.Cancel(reason="enough", actor="ada"),
        "pause": lambda: events.Pause(actor="ada"),
        "resume": lambda: events.Resume(actor="ada"),
        "hold": lambda: simulation.hold(turn),
        "release": lambda: events.ResumeStep(place=_held(simulation, turn), actor="ada"),
        "signal": lambda: simulation.signal("go"),
    }[what]()
    _happen(simulation, [happened], what)


def _held(simulation: Simulation, turn: int) -> tuple[tuple[int, int], ...]:
    holds = simulation.store.job.holds
    return holds[turn % len(holds)].place if holds else ((0, 0),)


def _repeat_everything(simulation: Simulation) -> None:
    """All that has happened comes again once the job has ended: the store refuses any change."""
    before = (simulation.status, simulation.outcomes())
    for event in list(simulation.sent):
        if not isinstance(event, events.Begin):
            simulation.happen(event)
    assert (simulation.status, simulation.outcomes()) == before


def _happen(simulation: Simulation, happened: Sequence[events.Event], text: str) -> None:
    simulation.trace.append(text)
    simulation.happen(*happened)
