"""The event sinks of this server by key: `NAME` for every workspace, `WORKSPACE/NAME` for one."""

import asyncio
import logging
from collections.abc import Collection, Iterator, Mapping

from stroem.conversion.mistake import path_text
from stroem.interfaces.event_sink import AuditSink, EventSink
from stroem.records.event import Event
from stroem.registry.making import try_plugins
from stroem.settings.server import PluginSettings

_CLOSE_SECS = 10.0
_log = logging.getLogger(__name__)


class EventSinks:
    """Sinks of this server, empty until `replace`. A sink that cannot be created is logged and gets no events."""

    def __init__(self, kinds: Mapping[str, type[EventSink]]) -> None:
        self._kinds = kinds
        self._settings: dict[str, PluginSettings] = {}
        self._sinks: dict[str, EventSink] = {}
        self._keys: dict[str | None, list[str]] = {}

    @property
    def keys(self) -> Collection[str]:
        """The keys of all sinks."""
        return self._sinks.keys()

    def get(self, key: str) -> EventSink | None:
        """The sink with that key, or None."""
        return self._sinks.get(key)

    def of_audit(self) -> dict[str, AuditSink]:
        """The sinks for all workspaces that want rows of the audit log, by key."""
        found: dict[str, AuditSink] = {}
        for key in self._keys.get(None, []):
            sink = self._sinks[key]
            try:
                if isinstance(sink, AuditSink) and sink.wants_audit():
                    found[key] = sink
            except Exception:
                _log.exception("event sink %s could not say whether it wants the audit log, and does not get it", key)
        return found

    def wanted_by(self, event: Event) -> list[str]:
        """Keys of the sinks that want an event: those for every workspace, and those of its own."""
        keys = self._keys.get(None, [])
        if event.workspace is not None:
            keys = keys + self._keys.get(event.workspace, [])
        return [key for key in keys if self._wants(key, event)]

    def _wants(self, key: str, event: Event) -> bool:
        try:
            return self._sinks[key].wants(event)
        except Exception:  # a sink must not keep from happening what the event tells of
            _log.exception("event sink %s could not say whether it wants event %d, and does not get it", key, event.id)
            return False

    async def replace(
        self,
        for_every: Mapping[str, PluginSettings],
        by_workspace: Mapping[str, Mapping[str, PluginSettings]] | None = None,
    ) -> None:
        """Replaces all sinks. Sinks with unchanged settings stay open; the others are closed."""
        before, kept_settings = self._sinks, self._settings
        self._settings, self._sinks, self._keys = {}, {}, {}
        for workspace, settings in _sections(for_every, by_workspace or {}):
            prefix = "" if workspace is None else f"{workspace}/"
            above = ("event_sinks",) if workspace is None else ("workspaces", workspace, "event_sinks")
            same = {name: key for name in settings if kept_settings.get(key := prefix + name) == settings[name]}
            sinks = {name: before.pop(key) for name, key in same.items()}
            made = self._make({name: one for name, one in settings.items() if name not in sinks}, *above)
            sinks.update(made)
            self._keys[workspace] = [prefix + name for name in sinks]
            self._sinks.update({prefix + name: sink for name, sink in sinks.items()})
            self._settings.update({prefix + name: settings[name] for name in sinks})
        await asyncio.gather(*(_close(key, sink) for key, sink in before.items()))

    async def close(self) -> None:
        """Closes all sinks."""
        await self.replace({})

    def _make(self, settings: Mapping[str, PluginSettings], *above: str) -> dict[str, EventSink]:
        made, mistakes = try_plugins(self._kinds, settings, *above)
        for mistake in mistakes:
            _log.error(
                "%s %s; that sink gets no events until the settings are right", path_text(mistake.path), mistake.message
            )
        return made


def _sections(
    for_every: Mapping[str, PluginSettings], by_workspace: Mapping[str, Mapping[str, PluginSettings]]
) -> Iterator[tuple[str | None, Mapping[str, PluginSettings]]]:
    yield None, for_every
    yield from by_workspace.items()


async def _close(key: str, sink: EventSink) -> None:
    try:
        async with asyncio.timeout(_CLOSE_SECS):
            await sink.close()
    except Exception:
        _log.exception("event sink %s could not be closed", key)
