"""Places of steps in the tree of their job."""

from stroem.engine.board import Board
from stroem.engine.values.scopes import Asking
from stroem.engine.values.state import JOB, Step


def place_of(board: Board, step: Step) -> Asking:
    """The addresses of the scopes around a step, from the outside, and its own."""
    found = [step.address]
    while (parent := found[0][0]) != JOB:
        yield from board.load(ids=[parent])
        found.insert(0, board.steps[parent].address)
    return tuple(found)
