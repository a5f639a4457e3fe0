"""Steps that a job takes over from the one that it runs again in part."""

from stroem.engine.board import Board
from stroem.engine.changes import Retained
from stroem.engine.ends import Ends
from stroem.engine.requests import KeptVisits, Load, LoadKept
from stroem.engine.values.scopes import Asking
from stroem.engine.values.state import JOB, Address, Step


class KeptSteps:
    """Ends steps as they ended in the job before, without running them."""

    def __init__(self, board: Board, ends: Ends) -> None:
        self._board = board
        self._ends = ends
        self._visits: KeptVisits | None = None
        self._former: dict[int, int | None] = {JOB: JOB}
        """The ids that blocks and loops of this job had in the one before; None for those that run as a whole."""

    def end(self, step: Step) -> Asking:
        """Ends a pending step if it is taken over; True if it is."""
        board = self._board
        visits = yield from self._load()
        place = yield from self._place(step)
        kept = None if place is None else visits.ended.get(place)
        if kept is None:
            return False
        board.kept[step.id] = kept.step
        board.changes.retained.append(Retained(step=step.id, kept=kept, first=board.job.next_step))
        board.job.next_step += len(kept.inside)
        node, output = board.node(step), None
        if node.writes or node.kind == "choice":
            rows = yield Load(former=frozenset({kept.step}))
            output = rows.former.get(kept.step)
        yield from self._ends.end(step, kept.outcome, error=kept.error, output=output, cause="kept")
        return True

    def items(self, loop: Step, body: int, total: int) -> Asking:
        """The items of a loop of which the iterations are taken over."""
        if not self._board.job.is_partial:
            return frozenset()
        visits = yield from self._load()
        former = yield from self._former_of(loop)
        if former is None:
            return frozenset()
        return frozenset(number for number in range(total) if (former, body, number) in visits.ended)

    def _load(self) -> Asking:
        if self._visits is None:
            self._visits = yield LoadKept()
        return self._visits

    def _place(self, step: Step) -> Asking:
        """The place of a step in the job before; None in a scope that runs as a whole."""
        if step.parent not in self._former:
            yield from self._board.load(ids=[step.parent])
            yield from self._former_of(self._board.steps[step.parent])
        former = self._former[step.parent]
        place: Address | None = None if former is None else (former, step.node, step.item)
        return place

    def _former_of(self, scope: Step) -> Asking:
        visits = yield from self._load()
        place = yield from self._place(scope)
        former = None if place is None else visits.around.get(place)
        self._former[scope.id] = former
        return former
