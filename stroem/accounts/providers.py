"""The providers by which people sign in, besides passwords of the server's own."""

import asyncio
import logging
from collections.abc import Iterator, Mapping

from stroem.errors import NotFound
from stroem.interfaces.authenticator import PasswordAuthenticator
from stroem.registry.providers import Provider

_log = logging.getLogger(__name__)

_PAUSE_SECS = 60.0


class Providers:
    """The providers of the settings, by id."""

    def __init__(self, providers: Mapping[str, Provider]) -> None:
        self._by_id = providers

    def __iter__(self) -> Iterator[Provider]:
        return iter(self._by_id.values())

    def get(self, provider_id: str) -> Provider:
        """The provider of an id. Raises `NotFound`."""
        if provider_id not in self._by_id:
            raise NotFound(kind="Provider", name=provider_id)
        return self._by_id[provider_id]

    def find(self, provider_id: str | None) -> Provider | None:
        """The provider of an id; None if the settings have none."""
        return self._by_id.get(provider_id or "")

    @property
    def of_passwords(self) -> tuple[Provider, ...]:
        """Those that check names and passwords."""
        return tuple(one for one in self if isinstance(one.authenticator, PasswordAuthenticator))

    @property
    def of_browsers(self) -> tuple[Provider, ...]:
        """Those that a browser is sent to."""
        return tuple(one for one in self if not isinstance(one.authenticator, PasswordAuthenticator))

    async def run(self) -> None:
        """Runs the authenticators until cancelled. One that fails is started again, and stops no other."""
        async with asyncio.TaskGroup() as group:
            for provider in self:
                group.create_task(_run(provider), name=f"provider {provider.id}")
            await asyncio.Future()

    async def close(self) -> None:
        """Closes the authenticators."""
        for provider in self:
            try:
                await provider.authenticator.close()
            except Exception:
                _log.exception("the provider %s could not be closed", provider.id)


async def _run(provider: Provider) -> None:
    while True:
        try:
            await provider.authenticator.run()
            return
        except Exception:
            _log.exception("the provider %s failed, and is started again in %g s", provider.id, _PAUSE_SECS)
            await asyncio.sleep(_PAUSE_SECS)
