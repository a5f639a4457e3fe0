"""Names recovered from invalid YAML, so that references to them are no further mistakes."""

import re
from collections.abc import Iterable

from stroem.definitions.kinds import KINDS

_TOP_LEVEL = re.compile(r"^[^\s#]", re.MULTILINE)
_ENTRY = re.compile(r"^([ \t]+)['\"]?([^\s'\"#:][^'\"#:\n]*)['\"]?[ \t]*:", re.MULTILINE)


def salvage_names(data: bytes, kinds: Iterable[str] = KINDS) -> frozenset[tuple[str, str]]:
    """The (kind, name) pairs of the least indented keys below each section."""
    text = data.decode("utf-8", "replace")
    names: set[tuple[str, str]] = set()
    for section in re.finditer(rf"^({'|'.join(kinds)})\s*:", text, re.MULTILINE):
        end = _TOP_LEVEL.search(text, section.end())
        entries = _ENTRY.findall(text, section.end(), end.start() if end else len(text))
        least = min((len(indent) for indent, _ in entries), default=0)
        names.update((section[1], name) for indent, name in entries if len(indent) == least)
    return frozenset(names)
