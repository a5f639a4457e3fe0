"""The push hooks of a server."""

from collections.abc import Mapping

from stroem.conversion.structure import settings_error
from stroem.errors import NotFound
from stroem.interfaces.push_hook import PushHook
from stroem.registry.making import try_plugins
from stroem.registry.registry import Registry
from stroem.settings.server import PluginSettings


class PushHooks:
    """The push hooks of the settings, by the key in their address."""

    def __init__(self, registry: Registry, settings: Mapping[str, PluginSettings]) -> None:
        self._registry = registry
        self.replace(settings)

    def replace(self, settings: Mapping[str, PluginSettings]) -> None:
        """Replaces all push hooks. Raises `SettingsError` and changes nothing when one cannot be made."""
        made, mistakes = try_plugins(self._registry.push_hooks, settings, "push_hooks")
        if mistakes:
            raise settings_error([one.field_error for one in mistakes])
        self._by_key = made

    def get(self, key: str) -> PushHook:
        """The push hook with this key. Raises `NotFound`."""
        if key not in self._by_key:
            raise NotFound(kind="Push hook", name=key, hint="The server's settings name them under push_hooks.")
        return self._by_key[key]
