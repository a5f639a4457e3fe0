"""Triggers that hear the ends of jobs."""

from collections.abc import Sequence

from stroem.hookspecs import hookimpl
from stroem.interfaces.triggers.trigger_type import TriggerType


@hookimpl
def stroem_trigger_types() -> Sequence[type[TriggerType]]:
    """The type of triggers of this plugin."""
    from stroem_job_outcome.trigger_type import JobOutcome  # loaded on use

    return [JobOutcome]
