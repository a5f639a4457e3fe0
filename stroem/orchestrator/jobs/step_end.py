"""Ends of steps, with their outputs and bounded errors."""

import uuid

import attrs

from stroem.conversion.text import abridged
from stroem.engine.events import Ended
from stroem.store.jobs.job_changes import StepOutput
from stroem.store.jobs.steps import StepId

_ERROR_CHARS = 16 * 1024


@attrs.frozen(kw_only=True)
class StepEnd:
    """The end of a step of a job, as an event for the engine, and the output to store."""

    job_id: uuid.UUID
    event: Ended
    output: StepOutput | None = None

    @property
    def step_id(self) -> StepId:
        """Id of the step."""
        return (self.job_id, self.event.step)

    @property
    def bounded_event(self) -> Ended:
        """The event with a bounded error."""
        error = self.event.error
        return self.event if error is None else attrs.evolve(self.event, error=bounded_error(error))


def bounded_error(error: str) -> str:
    """The error of a step; the middle of a long one is left out. Secrets must be masked before."""
    return error if len(error) <= _ERROR_CHARS else abridged(error, _ERROR_CHARS)
