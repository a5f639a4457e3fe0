"""Makes the sources of workspaces and libraries from what operators and workspaces set."""

from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import attrs

from stroem.conversion.mistake import Mistake, invalid_value
from stroem.definitions.values import Json
from stroem.errors import SettingsError, StroemError
from stroem.interfaces.options import option_error
from stroem.interfaces.source import FetchLimits, Snapshot, Source, SourceUnavailable
from stroem.reconciler.sources.public_host import host_to_check, matches
from stroem.records.release import FileEntry
from stroem.registry.making import make_plugin, try_plugin, unknown_type
from stroem.registry.registry import Registry
from stroem.settings.server import GitAuthSettings, LibrarySettings, SourceLimitSettings, WorkspaceSettings


class SourceUnusable(SourceUnavailable):
    """The settings are such that nothing can be had."""


@attrs.frozen(kw_only=True)
class NoSource(Source):
    """A source that cannot be made: its workspace shows the reason and keeps its last release."""

    name: ClassVar[str] = ""

    reason: str

    async def fetch(self, previous: Snapshot | None, ref: str | None = None) -> Snapshot:
        """Raises the reason. A retry does not help until the settings change."""
        raise SourceUnusable(self.reason)

    async def read(self, snapshot: Snapshot, files: Sequence[FileEntry]) -> AsyncIterator[tuple[FileEntry, bytes]]:
        """Yields nothing."""
        for _ in ():
            yield _


@attrs.frozen(kw_only=True)
class Sources:
    """Makes sources: `auth` are the credentials that they share by name, `cache` the folder for what they download.

    A library that a workspace declares by itself may come from the addresses that match `library_urls` only, and may
    use only credentials that are meant for its address.
    """

    registry: Registry
    cache: Path
    auth: Mapping[str, GitAuthSettings] = attrs.field(factory=dict, repr=False)
    library_urls: tuple[str, ...] = ()

    def of(self, settings: WorkspaceSettings | LibrarySettings) -> Source:
        """The source of an operator's settings, or a `NoSource` with their mistake."""
        try:
            return self._make(settings.type, settings.options, settings.limits)
        except StroemError as error:
            return NoSource(reason=str(error).rstrip("."))

    def mistakes(self, settings: WorkspaceSettings | LibrarySettings) -> tuple[Mistake, ...]:
        """The mistakes in the type and the options of a source; paths start at its settings."""
        kind = self.registry.sources.get(settings.type)
        if kind is None:
            return (unknown_type(self.registry.sources, settings.type),)
        try:
            options = self._with_auth(settings.options)
        except SettingsError as error:
            return tuple(invalid_value((field.field,), field.message) for field in error.fields)
        return try_plugin(kind, options)[1]

    def of_declared_library(self, kind: str, options: Mapping[str, Json]) -> Source:
        """The source of a library that a workspace declares, or a `NoSource` with its mistake."""
        try:
            self._check_declared(kind, options)
            return self._make(kind, options, SourceLimitSettings())
        except StroemError as error:
            return NoSource(reason=str(error).rstrip("."))

    def host_to_check(self, options: Mapping[str, Json]) -> str | None:
        """The host of a library that a workspace declares, if it must be public."""
        url = options.get("url")
        if not isinstance(url, str) or not any(matches(url, pattern) for pattern in self.library_urls):
            return None  # `of_declared_library` has refused it
        try:
            return host_to_check(url, self.library_urls)
        except ValueError:
            return None  # refused there, too

    def _check_declared(self, kind: str, options: Mapping[str, Json]) -> None:
        url, auth = options.get("url"), options.get("auth")
        if not isinstance(url, str):
            raise SettingsError(
                problems=f"a library of type {kind!r} cannot be declared by a workspace; it needs a url"
            )
        if not any(matches(url, pattern) for pattern in self.library_urls):
            allowed = ", ".join(self.library_urls) or "none"
            raise SettingsError(problems=f"library_urls in the server's settings allows {allowed}, not {url}")
        try:
            host_to_check(url, self.library_urls)
        except ValueError:
            raise SettingsError(problems=f"{url!r} is not an address of a host that is written plainly") from None
        if auth is None:
            return
        named = self.auth.get(auth) if isinstance(auth, str) else None
        if named is None or not any(matches(url, pattern) for pattern in named.urls):
            message = f"git_auth.{auth} in the server's settings is not for {url}: its urls do not name it"
            raise SettingsError(problems=message)

    def _make(self, kind: str, options: Mapping[str, Json], limits: SourceLimitSettings) -> Source:
        source: Source = make_plugin(self.registry.source(kind), self._with_auth(options))
        source.prepare(self.cache / kind, FetchLimits(**attrs.asdict(limits)))
        return source

    def _with_auth(self, options: Mapping[str, Json]) -> dict[str, Json]:
        """The options with credentials in the place of their name."""
        found = dict(options)
        if isinstance(name := found.get("auth"), str):
            if name not in self.auth:
                known = ", ".join(sorted(self.auth)) or "none"
                raise option_error("auth", f"git_auth has no {name!r}; known are {known}")
            found["auth"] = {"type": self.auth[name].type, **self.auth[name].options}
        return found


def is_same(one: Source, other: Source) -> bool:
    """Whether two sources were made of the same options. They need not be equal: those that remember something may
    only be so to themselves.
    """
    kind: Any = type(one)
    if kind is not type(other) or not attrs.has(kind):
        return one == other
    names = (field.name for field in attrs.fields(kind) if field.init)
    return all(getattr(one, name) == getattr(other, name) for name in names)
