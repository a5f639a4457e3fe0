"""The outcomes and log lines that one request delivers."""

from collections.abc import Iterable

import attrs

from stroem.protocol.steps import LogLines, Outcome
from stroem.worker.steps.in_flight_step import InFlightStep

BATCH_BYTES = 1024 * 1024


@attrs.frozen
class BatchItem:
    """A chunk of one step's log, its outcome, or both."""

    step: InFlightStep
    chunk: LogLines | None
    outcome: Outcome | None


def next_batch(steps: Iterable[InFlightStep], *, alone: bool = False) -> tuple[BatchItem, ...]:
    """Takes about a megabyte of lines and outputs; with `alone` one chunk or one outcome.

    An outcome is delivered with the last lines of its step or after them, never before.
    """
    items: list[BatchItem] = []
    size = 0
    for step in steps:
        if size > BATCH_BYTES or (alone and items):
            break
        if step.uploading or step.begun is not None:
            continue
        chunk = None if step.log.is_large else step.log.take()
        goes_along = chunk is not None and not alone
        outcome = step.outcome if step.log.all_taken and (goes_along or step.log.empty) else None
        if chunk or outcome:
            items.append(BatchItem(step, chunk, outcome))
            size += len(chunk.data) if chunk else 0
            size += step.output_bytes if outcome else 0
    return tuple(items)


def has_only_lines(steps: Iterable[InFlightStep]) -> bool:
    """Whether there are lines to deliver, but no outcome yet."""
    lines = False
    for step in steps:
        if step.uploading or step.begun is not None:
            continue
        if step.outcome is not None:
            return False
        lines = lines or not step.log.empty
    return lines
