"""Child jobs of steps."""

import datetime

from stroem.definitions.values import Json
from stroem.engine.board import Board
from stroem.engine.requests import Later, StartChild
from stroem.engine.slots.limits import held_keys
from stroem.engine.values.scopes import Asking
from stroem.engine.values.state import RETRY, Step
from stroem.interfaces.nodes import Node


def start_child(board: Board, step: Step, node: Node, given: Json) -> Asking:
    """The id of the child job of a step, or `Failure`. None if it cannot start yet: the step is held until then."""
    answer = yield StartChild(
        step=step.id,
        attempt=step.attempt + 1,
        node=step.node,
        task=node.task or "",
        input=given,
        workspace=node.workspace,
        shared=frozenset() if node.detached else held_keys(board.graph, board.job, step.node),
    )
    if not isinstance(answer, Later):
        return answer
    if node.takes_slots:
        board.changes.free_slots(step.id)
    step.waits_for, step.error = RETRY, answer.reason
    step.due_at = board.now + datetime.timedelta(seconds=answer.secs)
    board.record(step, "later", detail=answer.reason)
    return None
