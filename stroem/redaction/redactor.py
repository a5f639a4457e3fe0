"""Redaction of texts and plain values."""

import functools
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import re2  # type: ignore[import-untyped]

from stroem.definitions.values import Json
from stroem.redaction.forms import SHORTEST, encoded_forms, forms_of, number_forms
from stroem.templating.errors import Withheld

MARKER = "••••••"
_COMPILED = 256
_TEXTS = 1024
_DIGITS_BEFORE = re.compile(r"(?:[1-9]0*|[0-9]\.)$")
_DIGITS_BEHIND = re.compile(r"[0-9]|\.0*[1-9]")
_NEAR = 32
_MEMORY = 128 * 1024 * 1024
MOST_CHARS = 64 * 1024
"""The most characters of secrets together that are searched for: a search for more takes seconds to build."""
_MOST_BYTES = 20 * MOST_CHARS
"""The most bytes of their forms."""


class Redactor:
    """Redactor of secrets in all their forms, and of whole references to secrets.

    `secrets` are values at whose leaves the secrets stand. Texts are found anywhere; numbers only where no further
    digit stands beside them. Booleans and null are no secrets. Secrets of more than `MOST_CHARS` together are not
    searched for: every text and number is replaced.
    """

    def __init__(self, secrets: Iterable[Json] = ()) -> None:
        found = [leaf for secret in secrets for leaf in leaves(secret) if leaf != MARKER]
        self._withholds = sum(len(leaf) for leaf in found if isinstance(leaf, str)) > MOST_CHARS
        if self._withholds:
            found = []
        texts = {form for leaf in found if isinstance(leaf, str) for form in _forms_of(leaf)}
        numbers = [leaf for leaf in found if not isinstance(leaf, str)]
        texts |= {
            form for number in numbers if len(str(abs(number))) >= SHORTEST for form in encoded_forms(str(number))
        }
        self._numbers = frozenset(form for number in numbers for form in number_forms(number)) - texts
        if sum(len(form.encode(errors="replace")) for form in texts) > _MOST_BYTES:
            self._withholds, texts = True, set()
        self.forms = tuple(sorted(texts | self._numbers, key=lambda form: (-len(form), form)))
        self._pattern = _compiled(self.forms) if self.forms else None

    @property
    def knows_secrets(self) -> bool:
        """Whether there are secrets to replace."""
        return self._withholds or self._pattern is not None

    def text(self, text: str) -> str:
        """The text with every secret in it replaced."""
        if text.startswith("ref+"):
            return MARKER
        return self.line(text)

    def optional(self, text: str | None) -> str | None:
        """The text with every secret in it replaced, or None."""
        return None if text is None else self.text(text)

    def line(self, text: str) -> str:
        """Printed text with every secret in it replaced."""
        found = self.places(text)
        parts, end = [], 0
        for start, stop in found:
            parts += [text[end:start], MARKER]
            end = stop
        return "".join([*parts, text[end:]]) if found else text

    def places(self, text: str) -> list[tuple[int, int]]:
        """Start and end of every secret in a text."""
        if self._withholds:
            return [(0, len(text))] if text else []
        if not text.isascii():
            text = text.encode(errors="replace").decode()  # halves of surrogate pairs, one character each
        found: list[tuple[int, int]] = []
        if self._pattern is None:
            return found
        position: int | None = 0
        while position is not None:
            start, position = position, None
            for match in self._pattern.finditer(text, start):
                if match[0] in self._numbers and _is_within_number(text, *match.span()):
                    position = match.start() + 1
                    break
                found.append(match.span())
        return found

    def value(self, value: Json) -> Json:
        """The value with every secret in its texts and numbers replaced."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, Mapping):
            return {self.text(key): self.value(item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [self.value(item) for item in value]
        if isinstance(value, Withheld):
            return MARKER
        if isinstance(value, int | float) and not isinstance(value, bool) and self.places(str(value)):
            return MARKER
        return value


class Withholder(Redactor):
    """Redactor of every text and number, for values with unknown secrets."""

    def __init__(self) -> None:
        super().__init__()
        self._withholds = True


def leaves(value: Json) -> Iterator[str | float]:
    """The texts and numbers in a value, at any depth."""
    stack = [value]
    while stack:
        item = stack.pop()
        if isinstance(item, str | int | float):
            if not isinstance(item, bool):
                yield item
        elif isinstance(item, Mapping):
            stack.extend(item.values())
        elif isinstance(item, Sequence):
            stack.extend(item)


@functools.lru_cache(maxsize=_TEXTS)
def _forms_of(text: str) -> frozenset[str]:
    return frozenset(forms_of(text))


@functools.lru_cache(maxsize=_COMPILED)
def _compiled(forms: tuple[str, ...]) -> Any:
    """A search for all these texts in one pass."""
    return re2.compile("|".join(map(re2.escape, forms)), search_options())


def search_options() -> Any:
    """RE2's options for searches of many literal texts."""
    options = re2.Options()
    options.log_errors = False
    options.max_mem = _MEMORY
    return options


def _is_within_number(text: str, start: int, end: int) -> bool:
    """Whether the match is a part of another number; `007` and `7.00` are 7."""
    return bool(_DIGITS_BEFORE.search(text[max(start - _NEAR, 0) : start]) or _DIGITS_BEHIND.match(text, end))
