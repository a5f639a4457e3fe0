"""Globs that names of watched files match."""

from collections.abc import Sequence

from stroem.definitions.globs import matching


class Patterns:
    """Globs, at least one of which a name must match. Names that begin with a dot match none."""

    def __init__(self, globs: Sequence[str]) -> None:
        self.globs = tuple(globs)

    def match(self, name: str) -> bool:
        """True if a path below the watched place matches."""
        if name.startswith(".") or "/." in name:
            return False
        return any(True for glob in self.globs for _ in matching([name], glob))
