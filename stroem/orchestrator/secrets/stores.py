"""The secret stores of this server."""

import asyncio
import logging
from collections.abc import Mapping

import attrs

from stroem.conversion.mistake import path_text
from stroem.interfaces.secret_store import SecretStore
from stroem.registry.making import try_plugins
from stroem.secrets.sealed_store import SealedReader, SealedStore
from stroem.settings.secret_stores import SecretStoreSettings

_CLOSE_SECS = 10.0
_log = logging.getLogger(__name__)


@attrs.frozen(eq=False)
class OpenStore:
    """A store with its settings. Each has a lock of its own: it is read by one call at a time."""

    settings: SecretStoreSettings
    store: SecretStore
    lock: asyncio.Lock = attrs.field(factory=asyncio.Lock)


class SecretStores:
    """Secret stores of this server, empty until `replace`. One that cannot be made is logged and gives nothing.

    `read_sealed` reads the secrets that the server keeps itself; without it there are none.
    """

    read_sealed: SealedReader | None = None

    def __init__(self, kinds: Mapping[str, type[SecretStore]]) -> None:
        self._kinds = kinds
        self._stores: dict[str, OpenStore] = {}

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all stores, sorted."""
        return tuple(sorted(self._stores))

    def get(self, name: str) -> OpenStore | None:
        """The store of that name, or None."""
        return self._stores.get(name)

    async def replace(self, settings: Mapping[str, SecretStoreSettings]) -> None:
        """Replaces all stores. Those with unchanged settings stay open; the others are closed."""
        before, self._stores = self._stores, {}
        for name, wanted in settings.items():
            kept = before.get(name)
            if kept is not None and kept.settings == wanted:
                self._stores[name] = before.pop(name)
        missing = {name: wanted for name, wanted in settings.items() if name not in self._stores}
        made, mistakes = try_plugins(self._kinds, missing, "secret_stores")
        for mistake in mistakes:
            place = path_text(mistake.path)
            _log.error("%s %s; that store gives no secrets until the settings are right", place, mistake.message)
        for name, store in made.items():
            if isinstance(store, SealedStore) and self.read_sealed is not None:
                store.use(self.read_sealed)
            self._stores[name] = OpenStore(missing[name], store)
        await asyncio.gather(*(_close(name, one) for name, one in before.items()))

    async def close(self) -> None:
        """Closes all stores."""
        await self.replace({})


async def _close(name: str, one: OpenStore) -> None:
    try:
        async with asyncio.timeout(_CLOSE_SECS):
            await one.store.close()
    except Exception as error:  # a message of a plugin's exception may have a value
        _log.error("secret store %s could not be closed: %s", name, type(error).__name__)
