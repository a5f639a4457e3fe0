"""Changes of settings in a running server."""

from collections.abc import Iterator
from typing import Any

import attrs

from stroem.settings.server import ServerSettings

LIVE = (
    "workspaces",
    "workspaces_from",
    "libraries",
    "library_urls",
    "git_auth",
    "push_hooks",
    "event_sinks",
    "secret_stores",
    "acl",
    "roles",
    "rules",
    "rules_from",
)
"""The sections that take effect at once."""


@attrs.frozen(kw_only=True)
class Reload:
    """`settings` are those from now on; `changed` are the sections that take effect, `needs_restart` the keys that do
    not before the server starts again.
    """

    settings: ServerSettings
    changed: tuple[str, ...]
    needs_restart: tuple[str, ...]


def reload(running: ServerSettings, wanted: ServerSettings) -> Reload:
    """The effect of new settings on a running server."""
    live = {name: getattr(wanted, name) for name in LIVE}
    effective = attrs.evolve(running, **live)
    return Reload(
        settings=effective,
        changed=tuple(name for name in LIVE if live[name] != getattr(running, name)),
        needs_restart=tuple(_differences(effective, wanted)),
    )


def _differences(one: object, other: object, path: str = "") -> Iterator[str]:
    """The keys that differ, as deep as both sides have the same shape."""
    cls: Any = type(one)
    if type(other) is cls and attrs.has(cls):
        for field in attrs.fields(cls):
            below = f"{path}.{field.name}" if path else field.name
            yield from _differences(getattr(one, field.name), getattr(other, field.name), below)
    elif one != other:
        yield path
