"""Operations of a decision. They are done in the order in which they were added."""

import datetime
from collections import Counter, deque
from collections.abc import Callable, Generator, Sequence
from typing import Any, Literal

import attrs

from stroem.engine.board import Board, Loading
from stroem.engine.events import ChildEnded, Due, Ended, Event, Granted, Resolve, Returned
from stroem.engine.plan import TaskPlan
from stroem.engine.requests import Load
from stroem.engine.values.state import Address, JobState
from stroem.interfaces.nodes import Node

_NO_TIME = datetime.datetime.min.replace(tzinfo=datetime.UTC)

Token = Literal["taken", "dead", "barred"]
"""Decision about an edge, made when the step before it ends.

Taken; dead (not taken, and nothing is wrong); barred (not taken, because something failed).
"""
TAKEN: Token = "taken"
DEAD: Token = "dead"
BARRED: Token = "barred"


@attrs.frozen
class Arrive:
    """The arrival of a token at a node, in the scope `parent`. `cause` is the name of the step that sent it."""

    parent: int
    node: int
    token: Token
    cause: str | None = None


@attrs.frozen
class Start:
    """The start of a pending step. `cause` is for the history."""

    step: int
    cause: str = "start"


@attrs.frozen
class Settle:
    """The end of a step, to be counted in the scope around it.

    Done after its tokens have arrived: so the scope does not end before the steps that these make. `counts`: as a
    failure of the scope.
    """

    step: int
    counts: bool


@attrs.frozen
class Place:
    """The choice of the first action of a job that stays in one place, if there is none in the queue."""


Operation = Arrive | Start | Settle | Place | Event


Handler = Callable[[Any], Generator[Any, Any, Any]]
"""A handler of one class of operations."""


class Agenda:
    """Queue of operations, in waves. The rows that a wave needs are loaded together, before its first operation."""

    def __init__(self, board: Board) -> None:
        self._board = board
        self._queue: deque[Operation] = deque()
        self._prepared = 0

    def __bool__(self) -> bool:
        return bool(self._queue)

    def push(self, operation: Operation) -> None:
        """Adds an operation at the end."""
        self._queue.append(operation)

    def extend(self, operations: Sequence[Operation]) -> None:
        """Adds operations at the end."""
        self._queue.extend(operations)

    def pop(self) -> Operation:
        """The next operation, which is prepared."""
        self._prepared -= 1
        return self._queue.popleft()

    def prepare(self) -> Loading:
        """Loads what the next wave needs, once the last is done."""
        if not self._prepared:
            needs = Needs(self._board)
            for operation in self._queue:
                needs.add(operation)
            self._prepared = len(self._queue)
            yield from self._board.load(
                ids=needs.ids, addresses=needs.addresses, results=needs.results, visits=needs.visits
            )


def first_load(plan: TaskPlan, events: Sequence[Event]) -> Load | None:
    """The first request of a decision, if it is a `Load`. It follows from the plan and the events alone."""
    agenda = Agenda(Board(JobState(), plan, _NO_TIME))
    agenda.extend(events)
    return next(agenda.prepare(), None)


class Needs:
    """Rows that operations need, as far as they are known beforehand."""

    def __init__(self, board: Board) -> None:
        self._board = board
        self.ids: set[int] = set()
        self.addresses: set[Address] = set()
        self.results: set[tuple[int, int]] = set()
        self.visits: set[tuple[int, int]] = set()
        self._settled: Counter[int] = Counter()

    def add(self, operation: Operation) -> None:
        """Adds the rows that an operation needs."""
        board = self._board
        if isinstance(operation, Arrive):
            self.ids.add(operation.parent)
            self._add_target(operation.parent, operation.node)
        elif isinstance(operation, Start):
            step = board.steps[operation.step]
            node = board.node(step)
            self.ids.add(step.parent)
            if node.reads and is_evaluated(node):
                own = [read for read in node.reads if board.graph.node(read).parent == node.parent]
                self.results.update((step.parent, read) for read in own)
        elif isinstance(operation, Settle):
            step = board.steps[operation.step]
            self.ids.add(step.parent)
            outer = board.steps.get(step.parent)
            if outer is not None and (following := outer.begun + self._settled[outer.id]) < outer.total:
                self.ids.add(outer.first + following)
                self._settled[outer.id] += 1
        elif isinstance(operation, Ended) and operation.at is not None:
            parent, number, _ = operation.at
            self.ids |= {operation.step, parent}
            for edge in board.graph.node(number).edges:
                if operation.outcome in edge.on or board.graph.node(edge.to).join == "all":
                    self._add_target(parent, edge.to)
        elif isinstance(operation, Ended | Due | Resolve | ChildEnded | Granted | Returned):
            self.ids.add(operation.step)

    def _add_target(self, parent: int, number: int) -> None:
        graph = self._board.graph
        if graph.node(number).join == "each":
            self.visits.add((parent, number))
        elif not graph.is_single(number):
            self.addresses.add((parent, number, 0))


def is_evaluated(node: Node) -> bool:
    """True if the engine evaluates templates when a step of the node starts. Those of actions wait for the claim."""
    return node.kind != "action" or node.when is not None or node.slot is not None or node.cache is not None
