"""The file from which a server has its settings, to be read again."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import attrs

from stroem.settings.loader import parse_file, read_bytes, server_settings
from stroem.settings.server import ServerSettings


@attrs.frozen(kw_only=True, eq=False)
class SettingsFile:
    """A settings file and the environment that goes before it; `base` is what holds where the file says nothing.
    `asked` is set when somebody wants it read again.
    """

    path: Path
    environ: Mapping[str, str] = attrs.field(repr=False)
    base: Mapping[str, Any] = attrs.field(factory=dict, repr=False)
    asked: asyncio.Event = attrs.field(factory=asyncio.Event, repr=False)

    def read(self) -> bytes:
        """What stands there now. Raises `SettingsError`."""
        return read_bytes(self.path)

    def settings(self, data: bytes) -> ServerSettings:
        """The settings that such bytes mean. Raises `SettingsError`."""
        return server_settings({**self.base, **parse_file(self.path, data)}, self.environ)
