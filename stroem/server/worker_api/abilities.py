"""Capabilities, tags and resources of workers, checked."""

from collections.abc import Collection, Iterable, Mapping

import attrs

from stroem.definitions.amounts import Amounts, offered
from stroem.definitions.languages import with_languages
from stroem.errors import BadRequest
from stroem.registry.registry import Registry

BUILT_IN = frozenset({"script", "docker", "kubernetes", "agent"})


@attrs.frozen(kw_only=True)
class Abilities:
    """Checked capabilities and tags, each once and in the given order."""

    capabilities: tuple[str, ...]
    tags: tuple[str, ...]


def known_abilities(registry: Registry) -> frozenset[str]:
    """The abilities that a worker may offer here."""
    return BUILT_IN | {runner.ability for runner in registry.runners.values()}


def checked_resources(resources: Mapping[str, str]) -> Amounts:
    """The amounts of resources. Raises `BadRequest` for those that are none."""
    try:
        return offered(resources)
    except ValueError as error:
        raise BadRequest(message=str(error)) from error


def checked_abilities(
    capabilities: Iterable[str],
    tags: Iterable[str],
    registry: Registry,
    languages: Collection[str] | None,
    *,
    may_be_none: bool = False,
) -> Abilities:
    """Checks capabilities and tags; `languages` become capabilities too.

    Raises `BadRequest` for no capability at all, and for unknown ones. Older workers give their capabilities among the
    tags, from where they are taken. A newer one `may_be_none`: it has none while all systems that its runners need are
    away.
    """
    known = known_abilities(registry)
    can, placed = tuple(dict.fromkeys(capabilities)), tuple(dict.fromkeys(tags))
    if not can and not may_be_none:
        can = tuple(tag for tag in placed if tag in known)
        placed = tuple(tag for tag in placed if tag not in known)
    if not can and not may_be_none:
        raise BadRequest(message=f"A worker needs at least one capability; known are {', '.join(sorted(known))}")
    if unknown := [one for one in can if one not in known]:
        raise BadRequest(
            message=f"Unknown capability {', '.join(map(repr, unknown))}; known are {', '.join(sorted(known))}. "
            "A capability of a plugin is known when the plugin is installed on the server too"
        )
    if misplaced := [tag for tag in placed if tag in BUILT_IN]:
        raise BadRequest(message=f"{', '.join(map(repr, misplaced))} is a capability, not a tag")
    return Abilities(capabilities=with_languages(can, languages), tags=placed)
