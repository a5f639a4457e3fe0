"""Triggers that watch files."""

from collections.abc import Sequence

from stroem.hookspecs import hookimpl
from stroem.interfaces.triggers.trigger_type import TriggerType


@hookimpl
def stroem_trigger_types() -> Sequence[type[TriggerType]]:
    """The type of triggers of this plugin."""
    from stroem_files.trigger_type import FilesTrigger  # loaded on use

    return [FilesTrigger]
