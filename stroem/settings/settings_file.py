"""The file from which a server has its settings, to be read again."""

import asyncio
from collections.abc import Mapping
from pathlib import Path

import attrs

from stroem.settings.loader import parse_file, read_bytes, server_settings
from stroem.settings.server import ServerSettings


@attrs.frozen(kw_only=True, eq=False)
class SettingsFile:
    """A settings file and the environment that goes before it. `asked` is set when somebody wants it read again."""

    path: Path
    environ: Mapping[str, str] = attrs.field(repr=False)
    asked: asyncio.Event = attrs.field(factory=asyncio.Event, repr=False)

    def read(self) -> bytes:
        """What stands there now. Raises `SettingsError`."""
        return read_bytes(self.path)

    def settings(self, data: bytes) -> ServerSettings:
        """The settings that such bytes mean. Raises `SettingsError`."""
        return server_settings(parse_file(self.path, data), self.environ)
