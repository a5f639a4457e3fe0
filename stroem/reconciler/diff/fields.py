"""Fields that differ, ready to be shown: without secrets, bounded in size."""

import json
import re
from collections.abc import Sequence
from typing import Any

import attrs

from stroem.definitions.values import Json, Path
from stroem.reconciler.diff.definitions import Difference
from stroem.reconciler.diff.line_diff import line_diff
from stroem.reconciler.diff.values import ABSENT, Leaf, plain
from stroem.records.release_plan import ChangeWord, DefinitionChange, FieldChange, NameList
from stroem.redaction.definition_secrets import Secrets
from stroem.redaction.redactor import MARKER, Redactor
from stroem.redaction.redactor import leaves as leaves_of
from stroem.templating.template import is_template

_MOST_FIELDS = 100
_LONGEST_VALUE = 400
_LONGEST_LINE = 120
_LONGEST_TEXT = 200_000
_MOST_CHARACTERS = 1_000_000
_PLAIN_WORD = re.compile(r"[\w-]+")


@attrs.define(kw_only=True)
class FieldWriter:
    """Writer of the fields of differences, within a budget of `left` characters.

    Beyond it, fields are only counted: a diff of everything stays readable and costs little.
    """

    secrets: Secrets
    left: int = _MOST_CHARACTERS

    def write(self, difference: Difference, used_by: NameList) -> DefinitionChange:
        """The difference with its fields."""
        leaves = sorted((leaf for leaf in difference.leaves() if leaf.path), key=lambda leaf: _order(leaf.path))
        shown = leaves[:_MOST_FIELDS] if self.left > 0 else []
        inside = self._hidden_texts(difference, shown)
        redactor = self.secrets.redactor_with(inside) if inside else self.secrets.redactor
        kept = [field for field in (self._field(difference, leaf, redactor) for leaf in shown) if self._affords(field)]
        return DefinitionChange(
            kind=difference.kind,
            name=difference.name,
            change=difference.change,
            fields=tuple(kept),
            fields_left_out=len(leaves) - len(kept),
            used_by=used_by,
        )

    def _hidden_texts(self, difference: Difference, leaves: Sequence[Leaf]) -> list[Json]:
        """Secrets inside the definition itself, such as a default, which may occur twice in it."""
        found: list[Json] = []
        for leaf in leaves:
            for side in (leaf.old, leaf.new):
                if side is not ABSENT and difference.kind != "secret":
                    self._collect(difference, leaf.path, plain(side), found)
        return found

    def _collect(self, difference: Difference, path: Path, value: Json, found: list[Json]) -> None:
        if self.secrets.hides(difference.kind, difference.name, path, value):
            found += [one for one in leaves_of(value) if not (isinstance(one, str) and is_template(one))]
        elif isinstance(value, dict):
            for key, entry in value.items():
                self._collect(difference, (*path, key), entry, found)
        elif isinstance(value, list):
            for number, entry in enumerate(value):
                self._collect(difference, (*path, number), entry, found)

    def _field(self, difference: Difference, leaf: Leaf, redactor: Redactor) -> FieldChange:
        path = path_text(leaf.path, redactor)
        word: ChangeWord = "added" if leaf.old is ABSENT else "removed" if leaf.new is ABSENT else "changed"
        old, new = (None if side is ABSENT else plain(side) for side in (leaf.old, leaf.new))
        hides = [
            self.secrets.hides(difference.kind, difference.name, leaf.path, value)
            for side, value in ((leaf.old, old), (leaf.new, new))
            if side is not ABSENT
        ]
        if any(hides):
            old, new = (None if side is ABSENT else MARKER for side in (leaf.old, leaf.new))
            return FieldChange(path=path, change=word, old=old, new=new, secret=True)
        old, new = (
            redactor.value(self.secrets.hidden(difference.kind, difference.name, leaf.path, value))
            for value in (old, new)
        )
        return _shown(FieldChange(path=path, change=word, old=old, new=new))

    def _affords(self, field: FieldChange) -> bool:
        afforded = self.left > 0
        self.left -= sum(map(len, field.diff)) + _length(field.old) + _length(field.new) + len(field.path)
        return afforded


def path_text(path: Path, redactor: Redactor) -> str:
    """`flow.build.input.version`, `args[2]`, `env["a b"]`."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
            continue
        word = _short_text(redactor.text(part), _LONGEST_LINE)
        if _PLAIN_WORD.fullmatch(word) or word == MARKER:
            text += f".{word}" if text else word
        else:
            text += f"[{json.dumps(word, ensure_ascii=False)}]"
    return text


def _shown(field: FieldChange) -> FieldChange:
    if _is_long(field.old) or _is_long(field.new):
        before, after = (value if isinstance(value, str) else "" for value in (field.old, field.new))
        is_text = all(isinstance(value, str | None) for value in (field.old, field.new))
        diff = line_diff(before, after) if is_text and len(before) + len(after) <= _LONGEST_TEXT else None
        if diff:
            return attrs.evolve(field, old=None, new=None, diff=diff)
    old, new = _short(field.old), _short(field.new)
    shortened = (old is not field.old) or (new is not field.new)
    return attrs.evolve(field, old=old, new=new, shortened=shortened)


def _is_long(value: Json) -> bool:
    return isinstance(value, str) and ("\n" in value or len(value) > _LONGEST_LINE)


def _short(value: Json) -> Json:
    if isinstance(value, str):
        return _short_text(value, _LONGEST_VALUE)
    if not isinstance(value, dict | list):
        return value
    written = json.dumps(value, ensure_ascii=False)
    return value if len(written) <= _LONGEST_VALUE else _short_text(written, _LONGEST_VALUE)


def _short_text(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[:longest]}…"


def _length(value: Json) -> int:
    return len(value) if isinstance(value, str) else len(json.dumps(value))


def _order(path: Path) -> tuple[Any, ...]:
    """Sorts positions as numbers."""
    return tuple((0, part, "") if isinstance(part, int) else (1, 0, part) for part in path)
