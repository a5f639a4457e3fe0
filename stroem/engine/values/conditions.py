"""Conditions of steps on the ends of others."""

from stroem.engine.board import Board
from stroem.engine.values.scopes import Asking
from stroem.engine.values.state import Step


def unmet(board: Board, step: Step) -> Asking:
    """The reason why a step is skipped, if a node beside it ended in another way than its condition asks for."""
    conditions = board.node(step).conditions
    yield from board.load(results=[(step.parent, one.node) for one in conditions])
    for one in conditions:
        result = board.results.get((step.parent, one.node))
        status = "skipped" if result is None else result.status
        if status not in one.on:
            return f"Skipped: step {board.graph.node(one.node).name!r} is {status}, not {' or '.join(one.on)}"
    return None
