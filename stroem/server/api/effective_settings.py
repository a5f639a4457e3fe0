"""The settings of a running server, without secrets."""

import asyncio

import attrs
from aiohttp import web

from stroem.definitions.values import Json
from stroem.errors import SettingsError
from stroem.redaction.setting_entries import KeyPath, OptionClass, entries_of
from stroem.registry.registry import Registry
from stroem.server.api.setting_origins import Origin, Origins, key_text
from stroem.server.keys import REGISTRY, SETTINGS, SETTINGS_FILE, SETTINGS_WATCH
from stroem.settings.access import ProviderSettings
from stroem.settings.loader import SettingsFile, parse_file
from stroem.settings.secret_stores import SecretStoreSettings
from stroem.settings.server import GitAuthSettings, LibrarySettings, ServerSettings, WorkspaceSettings


@attrs.frozen(kw_only=True)
class EffectiveSetting:
    """A setting in effect. `value` of a `secret` is `••••••` if it is set, else null.

    `origin` is the place that it comes from; of a server without a settings file it is `start` or `default`.
    """

    key: str
    value: Json
    origin: Origin
    secret: bool


@attrs.frozen(kw_only=True)
class EffectiveSettings:
    """All settings of the server in effect, in the order of the reference. `file` is the path of the settings file."""

    file: str | None
    items: tuple[EffectiveSetting, ...]


async def get(request: web.Request) -> EffectiveSettings:
    """All settings in effect with their origins, without secrets."""
    app = request.app
    watch, file = app.get(SETTINGS_WATCH), app.get(SETTINGS_FILE)
    settings = app[SETTINGS] if watch is None else watch.settings
    return await asyncio.to_thread(effective, settings, app[REGISTRY], file)


def effective(settings: ServerSettings, registry: Registry, file: SettingsFile | None) -> EffectiveSettings:
    """The settings of a server that has read this file."""
    origins = Origins() if file is None else _origins(file)
    return EffectiveSettings(
        file=None if file is None else str(file.path),
        items=tuple(
            EffectiveSetting(
                key=key_text(entry.path), value=entry.value, origin=origins.of(entry), secret=entry.is_secret
            )
            for entry in entries_of(settings, _option_classes(registry))
        ),
    )


def differences(
    former: ServerSettings, wanted: ServerSettings, registry: Registry
) -> tuple[dict[str, Json], dict[str, Json]]:
    """The settings that differ, before and after, without secrets: of a changed secret only that it is one."""
    classes = _option_classes(registry)
    sides = [{entry.path: entry for entry in entries_of(one, classes)} for one in (former, wanted)]
    differing = [
        path
        for path in dict.fromkeys((*sides[0], *sides[1]))
        if path not in sides[0] or path not in sides[1] or sides[0][path].real != sides[1][path].real
    ]
    before, after = ({key_text(path): side[path].value for path in differing if path in side} for side in sides)
    return before, after


def _origins(file: SettingsFile) -> Origins:
    try:
        data = parse_file(file.path, file.read())
    except SettingsError:
        data = None
    return Origins(has_file=True, variables=tuple(file.environ), file=data, base=file.base)


def _option_classes(registry: Registry) -> OptionClass:
    def find(path: KeyPath, settings: object) -> type | None:
        name = getattr(settings, "type", "")
        if isinstance(settings, WorkspaceSettings | LibrarySettings):
            return registry.sources.get(name)
        if isinstance(settings, GitAuthSettings):
            return None
        if isinstance(settings, ProviderSettings):
            return registry.authenticators.get(name)
        if isinstance(settings, SecretStoreSettings):
            return registry.secret_stores.get(name)
        return (registry.push_hooks if "push_hooks" in path[:1] else registry.event_sinks).get(name)

    return find
