"""Triggers that fire when jobs of other tasks end."""

from collections.abc import Sequence

from stroem.hookspecs import hookimpl
from stroem.interfaces.triggers.trigger_type import TriggerType


@hookimpl
def stroem_trigger_types() -> Sequence[type[TriggerType]]:
    from stroem_job_outcome.trigger_type import JobOutcomeTrigger

    return [JobOutcomeTrigger]
