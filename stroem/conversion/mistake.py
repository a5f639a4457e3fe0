"""Mistakes in plain data, and the paths that lead to them."""

from collections.abc import Callable, Collection, Mapping
from typing import Literal

import attrs

from stroem.conversion.text import one_line
from stroem.definitions.values import Path
from stroem.errors import FieldError

_LONGEST_KEY = 80
_LONGEST_PATH = 20


@attrs.frozen(kw_only=True)
class Near:
    """An unknown name, and the names to suggest instead: `names`, or all of a `kind`."""

    name: str
    names: Collection[str] = ()
    kind: str | None = None


@attrs.frozen(kw_only=True)
class Mistake:
    """A mistake at a path of a document.

    Its position in a file is that of the value; of the key when `at_key`; of the list's entry that equals `entry`; of
    the match of the regular expression `needle` in the value's text; or of `offset` (1-based line and column in that
    text).
    """

    code: str
    message: str
    path: Path
    hint: str | None = None
    near: Near | None = None
    at_key: bool = False
    entry: str | None = None
    needle: str | None = None
    offset: tuple[int, int] | None = None
    severity: Literal["error", "warning"] = "error"

    def __str__(self) -> str:
        return f"{place}: {self.message}" if (place := path_text(self.path)) else self.message

    @property
    def field_error(self) -> FieldError:
        """The mistake as errors of requests and settings show it."""
        return FieldError(field=path_text(self.path), message=self.message)


KeyHint = Callable[[str, Path], str | None]


class Mistakes(list[Mistake]):
    """Mistakes of a document.

    `scalars` are its unquoted numbers, true and false as written, by path; `key_hint` returns the equivalent of a key
    of another tool.
    """

    def __init__(self, scalars: Mapping[Path, str] | None = None, key_hint: KeyHint | None = None) -> None:
        super().__init__()
        self.scalars: Mapping[Path, str] = scalars or {}
        self._key_hint = key_hint

    def unknown_key(self, name: str, known: Collection[str], path: Path) -> None:
        """Adds the mistake of an unknown key, with the nearest known one."""
        hint = self._key_hint(name, path) if self._key_hint else None
        near = None if hint else Near(name=name, names=known)
        message = f"unknown key {name!r}"
        self.append(Mistake(code="unknown-key", message=message, path=(*path, name), hint=hint, near=near, at_key=True))


def invalid_value(path: Path, message: str) -> Mistake:
    """A mistake that has no code of its own."""
    return Mistake(code="invalid-value", message=message, path=path)


def missing_key(name: str, path: Path, hint: str | None = None) -> Mistake:
    """The mistake of a required key that is absent."""
    return Mistake(code="missing-key", message=f"{name!r} is missing", path=path, hint=hint, at_key=True)


def path_text(path: Path) -> str:
    """A path as text, safe to show: `tasks.deploy.flow.build.depends_on[0]`. Keys over 80 characters are cut."""
    text = ""
    for part in path[:_LONGEST_PATH]:
        name = f"[{part}]" if isinstance(part, int) else one_line(part[:_LONGEST_KEY])
        text += f".{name}" if text and not isinstance(part, int) else name
    return text if len(path) <= _LONGEST_PATH else f"{text}…"
