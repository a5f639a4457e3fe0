"""Signals as the steps that wait for them take them."""

from collections.abc import Sequence

from stroem.definitions.values import Json
from stroem.engine.board import Board
from stroem.engine.requests import CheckPayload, KeptSignal, Load
from stroem.engine.values.forms import form_of
from stroem.engine.values.scopes import Asking
from stroem.engine.values.state import Step


def kept_signal(board: Board, name: str, early: Sequence[KeptSignal]) -> Asking:
    """The first signal of a name that came before any step waited for it, which is consumed; None without one.

    `early` are those of this decision.
    """
    rows = yield Load(signals=frozenset({name}))
    known = [*rows.signals, *(one for one in early if one.name == name)]
    unused = [one for one in known if one.message not in board.changes.consumed]
    if not unused:
        return None
    first = min(unused, key=lambda one: one.message)
    board.changes.consumed.append(first.message)
    return first


def checked_payload(board: Board, step: Step, payload: Json) -> Asking:
    """The payload of a signal, complete and of the types that the step declares; or `Failure`."""
    if not form_of(board.node(step)):
        return payload
    return (yield CheckPayload(node=step.node, payload=payload, fragments=board.job.fragments))
