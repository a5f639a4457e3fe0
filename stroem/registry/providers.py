"""The ways to sign in of a server, made from its settings."""

from collections.abc import Mapping

import attrs

from stroem.authenticators.internal import Internal
from stroem.conversion.mistake import Mistake
from stroem.interfaces.authenticator import Authenticator
from stroem.registry.making import try_plugin, unknown_type
from stroem.registry.registry import Registry
from stroem.settings.access import AuthSettings, ProviderSettings

_SECTION = ("auth", "providers")


@attrs.frozen(kw_only=True)
class Provider:
    """A way to sign in: its key in the settings, these, and the authenticator."""

    id: str
    settings: ProviderSettings
    authenticator: Authenticator

    @property
    def display_name(self) -> str:
        """The name for people."""
        return self.settings.display_name or self.id


def try_providers(registry: Registry, auth: AuthSettings) -> tuple[Mapping[str, Provider], tuple[Mistake, ...]]:
    """The providers of the settings, but `internal`, and the mistakes in their options."""
    made: dict[str, Provider] = {}
    mistakes: list[Mistake] = []
    for name, wanted in auth.providers.items():
        cls = registry.authenticators.get(wanted.provider_type)
        if cls is None:
            unknown = unknown_type(registry.authenticators, wanted.provider_type, *_SECTION, name)
            mistakes.append(attrs.evolve(unknown, path=(*_SECTION, name, "provider_type")))
            continue
        thing, found = try_plugin(cls, wanted.options)
        mistakes += [attrs.evolve(one, path=(*_SECTION, name, *one.path)) for one in found]
        if thing is not None and not isinstance(thing, Internal):
            made[name] = Provider(id=name, settings=wanted, authenticator=thing)
    return made, tuple(mistakes)
