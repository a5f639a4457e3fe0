"""News that the server will never take, replaced by a word on them."""

import logging

from stroem.worker.exchange.batch import Item
from stroem.worker.exchange.missing_lines import replace_chunk
from stroem.worker.steps.attempt import Outcome
from stroem.worker.steps.in_flight import HeldSteps

logger = logging.getLogger(__name__)


def give_in(item: Item, steps: HeldSteps, error: Exception) -> None:
    """Puts a notice in the place of lines, a failure in the place of an outcome. What replaced something already is
    let go."""
    if item.chunk:
        replace_chunk(item.step, item.chunk, error)
    if item.outcome and item.step.refused:
        logger.error("step %s could not be reported: %s", item.step.key, error)
        steps.forget(item.step)
    elif item.outcome:
        logger.error("the outcome of step %s: %s", item.step.key, error)
        item.step.refused = True
        item.step.outcome = Outcome(exit_code=-1, error=f"The server refused the outcome: {error}")
