"""What one request of the journey delivers."""

from collections.abc import Iterable

import attrs
import orjson

from stroem.worker.exchange.log_uploader import SMALL_BYTES
from stroem.worker.steps.attempt import HeldStep, Outcome
from stroem.worker.steps.log_buffer import Chunk

PARCEL_BYTES = 1024 * 1024


@attrs.frozen
class Item:
    """News of one step: a chunk of its log, its outcome, or both."""

    step: HeldStep
    chunk: Chunk | None
    outcome: Outcome | None


def collect(steps: Iterable[HeldStep], *, alone: bool = False) -> tuple[Item, ...]:
    """Takes the news of the steps, about a megabyte of lines and outputs; with `alone` one chunk or one outcome.

    An outcome goes with the last lines of its step or after them, never before.
    """
    items: list[Item] = []
    size = 0
    for step in steps:
        if size > PARCEL_BYTES or (alone and items):
            break
        if step.sending:
            continue
        chunk = step.log.take() if step.log.waiting_bytes <= SMALL_BYTES else None
        goes_along = chunk is not None and not alone
        outcome = step.outcome if step.log.all_taken and (goes_along or step.log.empty) else None
        if chunk or outcome:
            items.append(Item(step, chunk, outcome))
            size += len(chunk.data) if chunk else 0
            size += len(outcome.output) if outcome and outcome.output else 0
    return tuple(items)


def only_lines(steps: Iterable[HeldStep]) -> bool:
    """Whether there are lines to deliver, but no outcome yet."""
    lines = False
    for step in steps:
        if step.sending:
            continue
        if step.outcome is not None:
            return False
        lines = lines or not step.log.empty
    return lines


def chunk_fields(item: Item) -> dict[str, object]:
    """The chunk as it goes over the wire."""
    assert item.chunk is not None
    return {
        **_names(item.step),
        "chunk": item.chunk.number,
        "lines": item.chunk.lines,
        "data": item.chunk.data.decode(),
    }


def outcome_fields(item: Item) -> dict[str, object]:
    """The outcome as it goes over the wire."""
    assert item.outcome is not None
    outcome = item.outcome
    fields: dict[str, object] = {**_names(item.step), "exit_code": outcome.exit_code}
    if outcome.output is not None:
        fields["output"] = orjson.Fragment(outcome.output)
    if outcome.error is not None:
        fields["error"] = outcome.error
    if outcome.cancelled:
        fields["cancelled"] = True
    if outcome.timed_out:
        fields["timed_out"] = True
    return fields


def _names(step: HeldStep) -> dict[str, object]:
    return {"job_id": step.key.job_id, "step_name": step.key.step, "attempt": step.key.attempt}
