"""Log lines and outcomes that the server rejects permanently, replaced by a notice."""

import logging

from stroem.protocol.steps import LogLines
from stroem.worker.exchange.batch import BatchItem
from stroem.worker.steps.in_flight_step import InFlightStep
from stroem.worker.steps.in_flight_steps import InFlightSteps
from stroem.worker.steps.line_encoder import LineEncoder

logger = logging.getLogger(__name__)


def replace_item(item: BatchItem, steps: InFlightSteps, error: Exception) -> None:
    """Replaces lines by a notice and an outcome by a failure; drops what is a replacement already."""
    if item.chunk:
        replace_lines(item.step, item.chunk, error)
    if item.outcome and item.step.refused:
        logger.error("step %s could not be reported: %s", item.step.attempt, error)
        steps.forget(item.step)
    elif item.outcome:
        logger.error("the outcome of step %s: %s", item.step.attempt, error)
        item.step.refused = True
        item.step.outcome = item.step.ended(-1, error=f"The server refused the outcome: {error}")


def replace_lines(step: InFlightStep, chunk: LogLines, error: Exception) -> None:
    """Replaces lines by a notice; drops a notice that is rejected itself."""
    logger.error("%d lines of step %s: %s", chunk.lines, step.attempt, error)
    notice = f"{chunk.lines} lines are missing here, the server refused them: {error}"
    if step.log.replaced:
        step.log.confirm()
        return
    encoder = LineEncoder("stderr", step.attempt.step_name)
    for piece in encoder.feed(notice.encode(errors="replace") + b"\n"):
        step.log.replace(piece)
