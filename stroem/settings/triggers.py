"""Settings of triggers."""

from collections.abc import Iterator
from pathlib import PurePosixPath

import attrs

from stroem.errors import FieldError


@attrs.frozen(kw_only=True)
class TriggerSettings:
    """Where triggers may read: `folders` of this server, and `endpoints` of object stores beside the known clouds."""

    folders: tuple[str, ...] = ()
    endpoints: tuple[str, ...] = ()


def trigger_mistakes(settings: TriggerSettings) -> Iterator[FieldError]:
    """Folders that are no absolute paths."""
    for index, folder in enumerate(settings.folders):
        if not PurePosixPath(folder).is_absolute():
            yield FieldError(field=f"triggers.folders[{index}]", message="expected an absolute path")
