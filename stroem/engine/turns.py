"""Turns of iterations of loops."""

from stroem.engine.board import Board
from stroem.engine.values.scopes import Asking
from stroem.engine.values.state import Step
from stroem.interfaces.nodes import Node

_PAGE = 500


def is_kept_item(board: Board, step: Step, loop: Node) -> bool:
    """True for an iteration over an item that was taken over: it had no turn, and no other follows it."""
    return step.id in board.kept and loop.again is None and loop.until is None


def next_turn(board: Board, loop: Step) -> Asking:
    """The id of the iteration whose turn it is, which counts as begun. None if there is none.

    Iterations that were taken over have ended before their turn.
    """
    size = 1
    while loop.begun < loop.total:
        following = loop.first + loop.begun
        if following not in board.steps:
            yield from board.load(ids=range(following, min(following + size, loop.first + loop.total)))
        loop.begun += 1
        if not board.steps[following].has_ended:
            return following
        size = _PAGE
    return None
