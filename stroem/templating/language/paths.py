"""Templates of nothing but texts and paths, `Hello {{ input.name }}`: most are, and they need no compiler."""

import re
from collections.abc import Mapping
from itertools import accumulate

import attrs
from jinja2.utils import missing

from stroem.definitions.values import Json
from stroem.templating.budget import Budget, checked
from stroem.templating.errors import Missing, MissingUsed, Withheld, WithheldRead
from stroem.templating.filters.display import to_text
from stroem.templating.language.comments import has_comments
from stroem.templating.language.hyphens import underscored
from stroem.templating.language.references import Mention, Path

_PATH = re.compile(r"\{\{[ \t]*([A-Za-z_]\w*(?:-\w+)*(?:\.[A-Za-z_]\w*)*)[ \t]*\}\}", re.ASCII)
_MARKS = ("{{", "{%", "{#")
_WORDS = frozenset(
    ["true", "false", "none", "True", "False", "None", "not", "and", "or", "in", "is", "if", "else", "loop", "self"]
)


@attrs.frozen(kw_only=True)
class PathTemplate:
    """Texts and paths by turns: `texts` has one item more than `paths`."""

    texts: tuple[str, ...]
    paths: tuple[Path, ...]
    alone: bool

    @property
    def mentions(self) -> tuple[Mention, ...]:
        """Every path with its line."""
        lines = accumulate(text.count("\n") for text in self.texts[:-1])
        return tuple(Mention(path=path, line=1 + line) for path, line in zip(self.paths, lines, strict=True))

    def render(self, context: Mapping[str, object], budget: Budget) -> Json:
        """The text, or the value itself when the template is one path; a Fault when a path is not there."""
        if self.alone:
            value = checked(self._value(context, 0))
            return self.texts[0] + value + self.texts[1] if isinstance(value, str) else value  # type: ignore[return-value]
        parts = [self.texts[0]]
        for index, text in enumerate(self.texts[1:]):
            value = self._value(context, index)
            parts.append(value if isinstance(value, str) else to_text(value, budget))
            parts.append(text)
        result = "".join(parts)
        budget.text(len(result))
        return result

    def _value(self, context: Mapping[str, object], index: int) -> object:
        value: object = context
        for name in self.paths[index]:
            if not isinstance(value, Mapping) or name not in value:
                holder = missing if value is context else value
                fault = MissingUsed(Missing(obj=holder, name=name))
                fault.line = self._line(index)
                raise fault
            value = value[name]
            if isinstance(value, Withheld):
                withheld = WithheldRead(value.reason)
                withheld.line = self._line(index)
                raise withheld
        return value

    def _line(self, index: int) -> int:
        return 1 + sum(text.count("\n") for text in self.texts[: index + 1])


def path_template(text: str, hyphenated: frozenset[str]) -> PathTemplate | None:
    """The template when it has nothing but paths; None when it needs the compiler."""
    pieces = _PATH.split(text)
    texts, names = tuple(pieces[::2]), pieces[1::2]
    marks = _MARKS if has_comments(text) else _MARKS[:2]
    if not names or any(mark in piece for piece in texts for mark in marks):
        return None
    if any(piece.endswith(("{", "$")) for piece in texts[:-1]):
        return None
    paths = []
    for name in names:
        root, *parts = name.split(".")
        if root in _WORDS or ("-" in root and root not in hyphenated):
            return None
        paths.append((underscored(root), *parts))
    alone = len(paths) == 1 and not "".join(texts).strip()
    return PathTemplate(texts=texts, paths=tuple(paths), alone=alone)
