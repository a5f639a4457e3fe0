"""What a worker says that it can do, and where it stands."""

from collections.abc import Iterable

import attrs

from stroem.errors import BadRequest
from stroem.registry.registry import Registry

BUILT_IN = frozenset({"script", "docker", "kubernetes", "agent"})


@attrs.frozen(kw_only=True)
class Abilities:
    """Checked capabilities and tags, each once and in the order in which they were given."""

    capabilities: tuple[str, ...]
    tags: tuple[str, ...]


def checked_abilities(capabilities: Iterable[str], tags: Iterable[str], registry: Registry) -> Abilities:
    """Raises `BadRequest` for a worker that can do nothing or something that is unknown.

    Older workers have no capabilities and say under tags what they can do; those tags are taken over.
    """
    known = BUILT_IN | {runner.ability for runner in registry.runners.values()}
    can, stands = tuple(dict.fromkeys(capabilities)), tuple(dict.fromkeys(tags))
    if not can:
        can = tuple(tag for tag in stands if tag in known)
        stands = tuple(tag for tag in stands if tag not in known)
    if not can:
        raise BadRequest(message=f"A worker needs at least one capability; known are {', '.join(sorted(known))}")
    if unknown := [one for one in can if one not in known]:
        raise BadRequest(
            message=f"Unknown capability {', '.join(map(repr, unknown))}; known are {', '.join(sorted(known))}. "
            "A capability of a plugin is known when the plugin is installed on the server too"
        )
    if misplaced := [tag for tag in stands if tag in BUILT_IN]:
        raise BadRequest(message=f"{', '.join(map(repr, misplaced))} is a capability, not a tag")
    return Abilities(capabilities=can, tags=stands)
