"""Texts of files without their secrets, line by line as they are written."""

import itertools
import re
from collections.abc import Iterator

import attrs
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from stroem.conversion.json_value import DEPTH
from stroem.conversion.literals import WORDS
from stroem.conversion.yaml import Unreadable, compose
from stroem.definitions.kinds import KINDS, SECTIONS
from stroem.definitions.library import library_of
from stroem.definitions.values import Path
from stroem.redaction.definition_secrets import Secrets, sounds_secret
from stroem.redaction.redactor import MARKER
from stroem.redaction.unreadable_mask import masked_comments, masked_lines
from stroem.templating.template import is_template

_YAML = (".yaml", ".yml")
_MOST_NODES = 300_000
_CREDENTIALS = re.compile(r"(?<=://)([^/\s:@'\"{}]*:)([^/\s@'\"{}]+)(?=@)")
_BLOCK = re.compile(r"(?:[&!]\S+[ \t]+)*[|>]")
_WORDY = frozenset({"trigger", "mcp_server", "workspace"})
"""Kinds whose values are hidden by the sound of any name above them, however they are declared."""
_GIVEN = ("default", "options")


class _TooLarge(Exception):
    """There are too many nodes, aliases followed."""


@attrs.frozen(kw_only=True)
class FileMask:
    """Replaces the secrets in texts of files by dots; lines stay where they are.

    In YAML these are the values of `secrets:`, secret properties of connections, secrets of triggers, values for
    secret inputs, and those with typical names; in all files the secrets of the definitions, wherever they stand, and
    passwords in addresses. YAML that cannot be read is masked by its names.
    """

    secrets: Secrets

    def text(self, path: str, text: str) -> str:
        """The text of a file without secrets."""
        redactor = self.secrets.redactor
        if path.endswith(_YAML):
            try:
                root = compose(text)
                hidden = list(self._hidden(path, root))
            except (Unreadable, _TooLarge):
                text = masked_lines(text)
            else:
                redactor = self.secrets.redactor_with([node.value for node in hidden]) if hidden else redactor
                sections = _section_lines(text, root)
                text = masked_comments(_masked(text, hidden), sections)
        return _CREDENTIALS.sub(rf"\1{MARKER}", redactor.line(text))

    def _hidden(self, path: str, root: Node | None) -> Iterator[ScalarNode]:
        library = library_of(path)
        start = f"{library}." if library is not None else ""
        left = _MOST_NODES
        for section, value in _entries(root):
            kind = KINDS.get(section, "workspace")
            entries = [(section, value)] if kind == "workspace" else list(_entries(value))
            for name, definition in entries:
                owner = "" if kind == "workspace" else start + name
                above = (section,) if kind == "workspace" else ()
                written = _text_of(definition, "type")
                for place, leaf, is_declared in _leaves(definition, above):
                    left -= 1
                    if left < 0:
                        raise _TooLarge
                    if is_declared or self._hides(kind, owner, place, leaf, written):
                        yield leaf

    def _hides(self, kind: str, name: str, path: Path, leaf: ScalarNode, written: str | None) -> bool:
        value = leaf.value
        if not value:
            return False
        if kind == "secret":
            return True
        if is_template(value):
            return False
        if kind == "connection":
            return path != ("type",) and self._hides_property(path, written)
        if self.secrets.hides(kind, name, path, value):
            return True
        if kind not in _WORDY and any(name in getattr(side, SECTIONS[kind]) for side in self.secrets.sides):
            return False
        is_word = not leaf.style and value in WORDS
        return not is_word and any(isinstance(part, str) and sounds_secret(part) for part in path)

    def _hides_property(self, path: Path, written: str | None) -> bool:
        """Whether a property of a connection is secret; all are whose type is not known."""
        if not path or isinstance(path[0], int):
            return True
        types = [side.connection_types[written] for side in self.secrets.sides if written in side.connection_types]
        if written is not None and not types:
            return True
        name = str(path[0]) if path[:1] != ("values",) else str(path[1] if len(path) > 1 else "")
        declared = [properties[name] for properties in types if name in properties]
        if declared:
            return any(one.secret for one in declared)
        return any(isinstance(part, str) and sounds_secret(part) for part in path)


def _entries(node: Node | None) -> Iterator[tuple[str, Node]]:
    """The entries of a mapping; those of a list have no names."""
    if isinstance(node, MappingNode):
        yield from ((str(key.value), value) for key, value in node.value)
    elif isinstance(node, SequenceNode):
        yield from (("", value) for value in node.value)
    elif isinstance(node, ScalarNode):
        yield "", node


def _text_of(node: Node, key: str) -> str | None:
    """The text of a key of a mapping."""
    found = (value.value for name, value in _entries(node) if name == key and isinstance(value, ScalarNode))
    return next(found, None)


def _leaves(node: Node, path: Path, *, secret: bool = False) -> Iterator[tuple[Path, ScalarNode, bool]]:
    """The scalars of a node; True for values that the declaration around them calls secret."""
    if len(path) > DEPTH:
        raise _TooLarge
    if isinstance(node, ScalarNode):
        yield path, node, secret and bool(node.value)
    elif isinstance(node, MappingNode):
        declares = WORDS.get(_text_of(node, "secret") or "") is True
        for key, value in node.value:
            part = key.value if isinstance(key, ScalarNode) else ""
            yield from _leaves(value, (*path, part), secret=secret or (declares and part in _GIVEN))
    elif isinstance(node, SequenceNode):
        for number, value in enumerate(node.value):
            yield from _leaves(value, (*path, number), secret=secret)


def _section_lines(text: str, root: Node | None) -> set[int]:
    """The lines of `secrets` and `connections`, from 0, up to the next section; their comments are hidden."""
    found: set[int] = set()
    keys = [key for key, _ in root.value] if isinstance(root, MappingNode) else []
    for key, following in itertools.zip_longest(keys, keys[1:]):
        if key.value in ("secrets", "connections"):
            end = len(text) if following is None else following.start_mark.index
            first = text.count("\n", 0, key.start_mark.index)
            found.update(range(first, first + 1 + text.count("\n", key.start_mark.index, end)))
    return found


def _masked(text: str, hidden: list[ScalarNode]) -> str:
    """The text with dots in the place of scalars."""
    spans = sorted({(node.start_mark.index, node.end_mark.index) for node in hidden})
    parts, end = [], 0
    for start, stop in spans:
        if start < end:
            continue
        parts += [text[end:start], _dots(text[start:stop])]
        end = stop
    return "".join([*parts, text[end:]])


def _dots(written: str) -> str:
    """Dots for each line of a scalar, with the lines' indentation; the head of a block stays."""
    lines = written.split("\n")
    kept = 1 if _BLOCK.match(lines[0]) else 0
    return "\n".join([*lines[:kept], *(_dotted(line) for line in lines[kept:])])


def _dotted(line: str) -> str:
    inner = line.strip()
    if not inner:
        return line
    start = len(line) - len(line.lstrip())
    return line[:start] + MARKER + line[start + len(inner) :]
