"""Arrivals of tokens at nodes, and joins."""

from stroem.engine.board import Board
from stroem.engine.ends import Ends
from stroem.engine.operations import BARRED, TAKEN, Agenda, Arrive, Start
from stroem.engine.values.conditions import unmet
from stroem.engine.values.scopes import Asking
from stroem.engine.values.state import DEPENDENCIES, Step


class Arrivals:
    """Makes steps at the first arrival, and counts tokens at joins. Decided joins start or are skipped."""

    def __init__(self, board: Board, agenda: Agenda, ends: Ends) -> None:
        self._board = board
        self._agenda = agenda
        self._ends = ends

    def arrive(self, operation: Arrive) -> Asking:
        """Handles a token. Nothing arrives in a scope where nothing is to start."""
        node = self._board.graph.node(operation.node)
        if self._ends.is_halted(operation.parent, operation.node):
            scope = self._board.steps.get(operation.parent)
            if scope is not None and scope.is_scope and not scope.open:
                yield from self._ends.close(scope.id)
            return
        if node.join == "each":
            if operation.token == TAKEN and (yield from self._ends.has_room()):
                yield from self._board.load(visits=[(operation.parent, operation.node)])
                self._agenda.push(Start(self._board.visit(operation.parent, operation.node).id))
            return
        known = self._board.at.get((operation.parent, operation.node, 0))
        if known is None:
            if not (yield from self._ends.has_room()):
                return
            step = self._board.make(operation.parent, operation.node, unmet=node.incoming, waits_for=DEPENDENCIES)
        else:
            step = self._board.steps[known]
        if step.status == "pending" and step.waits_for == DEPENDENCIES:
            yield from self._join(step, operation)

    def _join(self, step: Step, operation: Arrive) -> Asking:
        node = self._board.node(step)
        self._board.change(step)
        step.unmet -= bool(node.incoming)
        step.taken += operation.token == TAKEN
        step.barred += operation.token == BARRED
        if step.barred and not node.tolerant:
            error = f"Skipped: step {operation.cause!r} did not complete"
            yield from self._ends.end(step, "skipped", error=error, cause="dependencies")
        elif step.unmet == 0:
            if step.taken or node.tolerant:
                step.waits_for = None
                self._agenda.push(Start(step.id, "dependencies"))
            else:
                error = (yield from unmet(self._board, step)) or "Skipped: no step that it depends on led here"
                yield from self._ends.end(step, "skipped", error=error, cause="dependencies")
