"""Lines that the server will never take, replaced by a notice."""

import logging

from stroem.worker.steps.attempt import HeldStep
from stroem.worker.steps.line_encoder import LineEncoder
from stroem.worker.steps.log_buffer import Chunk

logger = logging.getLogger(__name__)


def replace_chunk(step: HeldStep, chunk: Chunk, error: Exception) -> None:
    """Puts a notice in the place of lines; drops the notice if that is what is refused."""
    logger.error("%d lines of step %s: %s", chunk.lines, step.key, error)
    notice = f"{chunk.lines} lines are missing here, the server refused them: {error}"
    if step.log.replaced:
        step.log.confirm()
        return
    encoder = LineEncoder("stderr", step.key.step)
    for piece in encoder.feed(notice.encode(errors="replace") + b"\n"):
        step.log.replace(piece)
