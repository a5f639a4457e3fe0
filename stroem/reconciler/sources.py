"""Makes the source of a workspace from what the operator set."""

from collections.abc import AsyncIterator, Sequence
from typing import ClassVar

import attrs

from stroem.definitions.release import FileEntry
from stroem.errors import SettingsError, StroemError
from stroem.interfaces.source import Snapshot, Source, SourceUnavailable
from stroem.registry.registry import Registry
from stroem.settings.conversion import field_errors, make_converter
from stroem.settings.server import WorkspaceSettings

_converter = make_converter(unknown_keys=False)


@attrs.frozen(kw_only=True)
class NoSource(Source):
    """Stands for a source that cannot be made, so that its workspace says why and keeps its last release."""

    name: ClassVar[str] = ""

    reason: str

    async def fetch(self, previous: Snapshot | None, ref: str | None = None) -> Snapshot:
        """Says why."""
        raise SourceUnavailable(self.reason)

    async def read(self, snapshot: Snapshot, files: Sequence[FileEntry]) -> AsyncIterator[tuple[FileEntry, bytes]]:
        """Has nothing."""
        for _ in ():
            yield _


def make_source(registry: Registry, settings: WorkspaceSettings) -> Source:
    """The source that the settings ask for, or one that says what is wrong with them."""
    try:
        return _make(registry, settings)
    except StroemError as error:
        return NoSource(reason=str(error).rstrip("."))


def _make(registry: Registry, settings: WorkspaceSettings) -> Source:
    kind = registry.source(settings.type)
    try:
        source: Source = _converter.structure(settings.options, kind)
    except Exception as error:
        mistakes = [f"{found.field}: {found.message}" for found in field_errors(error)]
        raise SettingsError(problems="; ".join(mistakes)) from error
    return source
