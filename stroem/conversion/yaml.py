"""YAML 1.2 (core schema) to plain values, with bounds against hostile files."""

import re
from collections.abc import Mapping
from typing import Any

import attrs
import yaml
from yaml import _yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from stroem.conversion.aliases import Repeats, count_repeated
from stroem.conversion.json_value import DEPTH, GREATEST, LEAST
from stroem.conversion.literals import NUMBER, WORDS
from stroem.definitions.values import Json, Path

MAX_BYTES = 8 * 1024 * 1024
MAX_DEPTH = DEPTH
MAX_VALUES = 1_000_000

_NUMBER_STARTS = frozenset("0123456789+-.")
_INTEGER = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_NOT_A_NUMBER = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
LINE_BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
_REPEATED_HINT = "write what is repeated into an action or a library"
_TABS = "this is a tab: indent with blanks"
_TAG = "tag:yaml.org,2002:"
_RESOLVED_TAGS = frozenset(_TAG + kind for kind in ("null", "bool", "int", "float"))


class Unreadable(Exception):
    """The file is no YAML that can be read. `line` and `column` are 1-based; `context` begins the message."""

    def __init__(
        self, code: str, problem: str, line: int = 1, column: int = 1, hint: str | None = None, context: str = ""
    ) -> None:
        self.code = code
        self.problem = problem
        self.message = f"{context}: {problem}" if context else problem
        super().__init__(self.message)
        self.line = line
        self.column = column
        self.hint = hint


@attrs.frozen(kw_only=True)
class Flaw:
    """A mistake in the YAML that does not stop parsing."""

    code: str
    message: str
    path: Path
    line: int
    column: int
    hint: str | None = None


@attrs.frozen(kw_only=True)
class Document:
    """A parsed document with its value and its flaws.

    `scalars` has the text of each unquoted number, true and false by its path, for fields that take text. `count` is
    the number of values, `repeated` of those that aliases stand for.
    """

    value: Json
    flaws: tuple[Flaw, ...] = ()
    scalars: Mapping[Path, str] = attrs.Factory(dict)
    count: int = 0
    repeated: int = 0


class _Composer(_yaml.CParser):
    """Composer of nodes. Tags are True for plain scalars and collections, False for quoted text, else as written."""

    depth = 0

    def resolve(self, kind: type[Node], value: object, implicit: tuple[bool, bool]) -> bool:
        return kind is not ScalarNode or implicit[0]

    def descend_resolver(self, parent: Node | None, index: object) -> None:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise Unreadable("too-deep", f"the file nests deeper than {MAX_DEPTH} levels")

    def ascend_resolver(self) -> None:
        self.depth -= 1


def read_yaml(data: bytes) -> Document:
    """Reads a file with one document; an empty one is null. Raises `Unreadable`."""
    return read_text(text_of(data))


def read_text(text: str) -> Document:
    """Reads a text with one document; an empty one is null. Raises `Unreadable`."""
    root = compose(text)
    if root is None:
        return Document(value=None)
    repeated = _count_repeated(root) if "&" in text and "*" in text else 0
    reading = Reading()
    value = reading.value(root, ())
    return Document(
        value=value, flaws=tuple(reading.flaws), scalars=reading.scalars, count=reading.count, repeated=repeated
    )


def text_of(data: bytes) -> str:
    """The text of a file. Raises `Unreadable` when it is too large, binary, or not UTF-8."""
    if len(data) > MAX_BYTES:
        raise Unreadable(
            "too-large",
            f"the file has {len(data):,} bytes, more than {MAX_BYTES:,}",
            hint="split it into several files",
        )
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8-sig")
        raise Unreadable("not-text", "the file is not UTF-8 text", *_place(before), "save it as UTF-8") from None
    if "\0" in text:
        raise Unreadable("not-text", "the file is binary, not text", *_place(text[: text.index("\0")]))
    return text


def compose(text: str) -> Node | None:
    """The tree of nodes of the one document in the text. Raises `Unreadable`."""
    try:
        return _Composer(text).get_single_node()
    except yaml.MarkedYAMLError as error:
        raise _unreadable(error, text) from None
    except yaml.reader.ReaderError as error:
        place = _place(text[: error.position]) if error.position is not None else (1, 1)
        raise Unreadable("not-text", f"the file holds a character that YAML forbids: {error.reason}", *place) from None


@attrs.define
class Reading:
    """Converts nodes to values and collects the flaws."""

    flaws: list[Flaw] = attrs.Factory(list)
    scalars: dict[Path, str] = attrs.Factory(dict)
    count: int = 0

    def value(self, node: Node, path: Path) -> Json:
        """The value of a node. Raises `Unreadable` when aliases make it too large or endless."""
        if type(node) is ScalarNode:
            return self._scalar(node, node.tag, path)
        self._bound(node, path)
        if type(node) is MappingNode:
            return self._mapping(node, path)
        assert type(node) is SequenceNode
        self._check_tag(node, "seq", path)
        return [self.value(entry, (*path, index)) for index, entry in enumerate(node.value)]

    def _bound(self, node: Node, path: Path) -> None:
        self.count += len(node.value)
        if self.count > MAX_VALUES:
            message = f"the file holds more than {MAX_VALUES:,} values when its aliases are followed"
            raise Unreadable("too-many-values", message, *_mark(node))
        if len(path) > MAX_DEPTH:
            raise Unreadable("too-deep", "the file holds an alias of itself", *_mark(node))

    def _mapping(self, node: MappingNode, path: Path) -> Json:
        self._check_tag(node, "map", path)
        result: dict[str, Json] = {}
        for key_node, value_node in node.value:
            if type(key_node) is not ScalarNode:
                hint = 'put a value that begins with "{{" in quotes' if path else None
                self._flaw("invalid-key", "a key must be text, not a collection", path, key_node, hint)
                continue
            key = key_node.value
            if "\0" in key:
                self._flaw("invalid-text", "a key cannot hold the character NUL", path, key_node)
                continue
            tag: Any = value_node.tag
            if key in result:
                self._flaw("duplicate-key", f"{key!r} is there twice", (*path, key), key_node, "remove one of them")
            elif key == "<<" and not key_node.style:
                self._flaw("merge-key", "YAML 1.2 has no merge keys", (*path, key), key_node, "repeat the keys")
                continue
            result[key] = (
                value_node.value if tag is False and value_node.style != '"' else self.value(value_node, (*path, key))
            )
        return result

    def _scalar(self, node: ScalarNode, tag: Any, path: Path) -> Json:
        text: str = node.value
        if "\0" in text:
            self._flaw("invalid-text", "text cannot hold the character NUL", path, node)
            return text.replace("\0", "")
        if tag is True or tag in _RESOLVED_TAGS:
            value = plain_value(text)
            if isinstance(value, ValueError):
                self._flaw("invalid-number", str(value), path, node, "put it in quotes to make it text")
                return 0
            if value is not None and type(value) is not str:
                self.scalars[path] = text
            return value
        if tag is not False:
            self._check_tag(node, "str", path)
        return text

    def _check_tag(self, node: Node, kind: str, path: Path) -> None:
        tag: Any = node.tag
        if tag is not True and tag != _TAG + kind:
            name = str(tag).replace(_TAG, "!!")
            self._flaw("unknown-tag", f"the tag {name} means nothing here", path, node, "remove it")

    def _flaw(self, code: str, message: str, path: Path, node: Node, hint: str | None = None) -> None:
        line, column = _mark(node)
        self.flaws.append(Flaw(code=code, message=message, path=path, line=line, column=column, hint=hint))


def plain_value(text: str) -> Json | ValueError:
    """The value of an unquoted scalar; a ValueError for numbers that JSON cannot hold."""
    if text in WORDS:
        return WORDS[text]
    if text[0] not in _NUMBER_STARTS:
        return text
    if _INTEGER.fullmatch(text):
        digits = text if len(text) < 100 else "1" + "0" * 99
        number = int(digits, 0 if digits[1:2] in ("o", "x") else 10)
        return number if LEAST <= number <= GREATEST else ValueError("the number does not fit into 64 bits")
    if NUMBER.fullmatch(text):
        value = float(text)
        return value if abs(value) != float("inf") else ValueError("the number is too large")
    if _NOT_A_NUMBER.fullmatch(text):
        return ValueError("JSON has no such number")
    return text


def _count_repeated(root: Node) -> int:
    try:
        return count_repeated(root)
    except Repeats as error:
        code, hint = ("too-deep", None) if error.endless else ("too-many-values", _REPEATED_HINT)
        raise Unreadable(code, f"the file holds {error}", *_mark(error.node), hint) from None


def _unreadable(error: yaml.MarkedYAMLError, text: str) -> Unreadable:
    mark = error.problem_mark or error.context_mark
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    problem = error.problem or "the file is no YAML"
    at_tab = mark is not None and _character(text, line, column) == "\t"
    context = error.context or ""
    hint = _TABS if at_tab else _syntax_hint(f"{context}: {problem}")
    return Unreadable("yaml-syntax", problem, line, column, hint, context)


def _character(text: str, line: int, column: int) -> str:
    """The character at a place; nothing when the file ends before it."""
    lines = LINE_BREAK.split(text, maxsplit=line)
    return lines[line - 1][column - 1 : column] if line <= len(lines) else ""


def _syntax_hint(message: str) -> str | None:
    if "a tab character" in message:
        return _TABS
    if "mapping values are not allowed" in message:
        return 'put text that holds ": " in quotes'
    if "expected a single document" in message:
        return "put each document into a file of its own"
    if "cannot start any token" in message:
        return "put the text in quotes"
    if "found undefined alias" in message:
        return 'put text that begins with "*" in quotes'
    if "did not find expected" in message:
        return "check the indentation and the quotes on this line and the line before"
    return None


def _mark(node: Node) -> tuple[int, int]:
    return node.start_mark.line + 1, node.start_mark.column + 1


def _place(before: str) -> tuple[int, int]:
    return before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1
