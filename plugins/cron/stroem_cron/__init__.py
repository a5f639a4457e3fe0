"""Triggers that fire by a schedule."""

from collections.abc import Sequence

from stroem.hookspecs import hookimpl
from stroem.interfaces.triggers.trigger_type import TriggerType


@hookimpl
def stroem_trigger_types() -> Sequence[type[TriggerType]]:
    """The type of triggers of this plugin."""
    from stroem_cron.trigger_type import Scheduler  # loaded on use

    return [Scheduler]
