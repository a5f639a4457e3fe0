"""Secrets taken out of what is shown."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from stroem.definitions.values import Json

MARKER = "••••••"
SHORTEST = 4
"""Shorter secrets are not looked for inside texts: they would be found everywhere."""


class Redactor:
    """Replaces secret values wherever they stand in a text, and references to secrets as a whole."""

    def __init__(self, secrets: Iterable[str]) -> None:
        self._pattern = pattern_of(secrets)

    def text(self, text: str) -> str:
        """The text with every secret in it replaced."""
        if text.startswith("ref+"):
            return MARKER
        return text if self._pattern is None else self._pattern.sub(MARKER, text)

    def value(self, value: Json) -> Json:
        """The value with every secret in its texts replaced."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, Mapping):
            return {self.text(key): self.value(item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [self.value(item) for item in value]
        return value


def lines_of(secrets: Iterable[str]) -> list[str]:
    """What to look for, the longest first: the lines of secrets, since texts are shown line by line."""
    lines = {line for secret in secrets for line in secret.splitlines() if len(line) >= SHORTEST}
    return sorted(lines, key=lambda line: (-len(line), line))


def pattern_of(secrets: Iterable[str]) -> re.Pattern[str] | None:
    """What finds the lines of secrets; None when there is nothing to find."""
    lines = lines_of(secrets)
    return re.compile("|".join(map(re.escape, lines))) if lines else None


def texts(value: Json) -> Iterator[str]:
    """The strings in a value, at any depth."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from texts(inner)
    elif isinstance(value, Sequence):
        for inner in value:
            yield from texts(inner)
