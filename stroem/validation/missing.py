"""The error for a name that nothing has."""

from collections.abc import Collection

from stroem.conversion.suggestions import Suggester
from stroem.errors import NotFound


def missing(kind: str, name: str, known: Collection[str], *, more: str = "") -> NotFound:
    """The error for a name that is not among the `known` ones: the nearest of them, or all when they are few."""
    if len(known) == 1:
        hint = f"The only one is {next(iter(known))!r}."
    elif not known:
        hint = "There is none."
    else:
        found = Suggester().hint(name, known)
        hint = f"{found[0].upper()}{found[1:]}".replace("One of", "There are:") if found else ""
        hint += "" if not hint or hint.endswith("?") else "."
    return NotFound(kind=kind, name=name, hint=f"{more} {hint}".strip())
