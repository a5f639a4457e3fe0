"""Ends of steps, as events of the engine, from the outcomes that workers report."""

from typing import Any

import attrs
import orjson

from stroem.conversion.json_value import NotKept, encode, too_large
from stroem.engine.events import Ended
from stroem.interfaces.step_error import ERROR_KINDS, ErrorKind
from stroem.protocol.steps import Outcome
from stroem.records.large_output import KEY

_RESERVED = f'"{KEY}"'.encode()


def end_of(outcome: Outcome, event: Ended, output_bytes: int) -> tuple[Ended, str | None]:
    """The event filled in from an outcome, and the output as JSON text.

    The step has failed if the exit code is not 0, there is an error, or the output cannot be kept: it has more than
    `output_bytes` bytes, say. `event` has the step, its worker and its address; its outcome counts for nothing.
    """
    output, fault = _encoded(outcome.output, output_bytes)
    error, kind = outcome.error, _kind_of(outcome)
    if error is None and outcome.exit_code not in (None, 0):
        error = f"Process exited with code {outcome.exit_code}"
    if fault is not None:
        error, kind = (fault, "output") if error is None else (f"{error}\n{fault}", kind)
    ended = attrs.evolve(
        event,
        outcome="cancelled" if outcome.cancelled else "failed" if error is not None else "completed",
        output=_plain(outcome.output) if output is not None else None,
        attempt=outcome.attempt,
        error=error,
        error_kind=kind if error is not None else None,
        exit_code=outcome.exit_code if kind in (None, "exit", "output") and not outcome.cancelled else None,
        is_repeatable=not outcome.snapshots,
    )
    return ended, output


def _plain(output: Any) -> Any:
    """The value of an output, which a worker has as JSON text."""
    return orjson.loads(orjson.dumps(output)) if isinstance(output, orjson.Fragment) else output


def _kind_of(outcome: Outcome) -> ErrorKind | None:
    """The kind of the error of an outcome. Workers of the older contract tell only exit codes."""
    if outcome.timed_out or outcome.cancelled:
        return "timeout" if outcome.timed_out else None
    for kind in ERROR_KINDS:
        if kind == outcome.error_kind:
            return kind
    if outcome.exit_code not in (None, 0):
        return "exit"
    return None if outcome.error is None else "setup"


def _encoded(output: Any, most: int) -> tuple[str | None, str | None]:
    """The output as JSON text, or the reason why it cannot be kept."""
    if output is None:
        return None, None
    try:
        text = encode(_plain(output))
    except NotKept as error:
        return None, f"The output cannot be kept: {error}"
    if len(text) > most:
        return None, too_large(len(text), most)
    if _RESERVED in text:
        return None, f"The output cannot be kept: the key {KEY!r} is reserved"
    return text.decode(), None
