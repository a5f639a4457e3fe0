"""Positions of the values of a YAML document, computed when there are mistakes."""

import re

from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from stroem.conversion.mistake import Mistake
from stroem.conversion.yaml import LINE_BREAK, Unreadable, compose, text_of
from stroem.definitions.flow_paths import in_file
from stroem.definitions.values import Path

_SHELL_SPELLING = {"script": "cmd", "source": "script"}


class Positions:
    """The nodes of one file. A file that is no YAML has its only place at line 1, column 1."""

    def __init__(self, data: bytes) -> None:
        self._keys: dict[int, dict[str, tuple[Node, Node]]] = {}
        try:
            text = text_of(data)
            self._lines = LINE_BREAK.split(text)
            self._root = compose(text)
        except Unreadable:
            self._lines = []
            self._root = None

    def place(self, mistake: Mistake) -> tuple[int, int]:
        """The 1-based line and column of a mistake; that of the nearest value around it when its own is missing."""
        key, node, found = self._find(mistake.path)
        if node is None:
            return 1, 1
        if not found or mistake.at_key:
            return _start(key or node)
        if mistake.entry is not None and isinstance(node, SequenceNode):
            return _start(next((entry for entry in node.value if entry.value == mistake.entry), node))
        if not isinstance(node, ScalarNode):
            return _start(key or node)
        if mistake.needle is not None:
            return self._needle(node, mistake.needle)
        return self._offset(node, *mistake.offset) if mistake.offset else _start(node)

    def written(self, path: Path) -> Path:
        """The path as it is written, for a path of the models: `script` is written `cmd` in a `type: shell`."""
        depth = {"actions": 2, "tasks": 4}.get(str(path[0]) if path else "", 0)
        written = in_file(path)
        path, depth = written, depth + len(written) - len(path)
        if not depth or len(path) <= depth or path[depth] not in _SHELL_SPELLING:
            return path
        _, node, found = self._find((*path[:depth], "type"))
        if not found or node is None or node.value != "shell":
            return path
        return (*path[:depth], _SHELL_SPELLING[str(path[depth])], *path[depth + 1 :])

    def _find(self, path: Path) -> tuple[Node | None, Node | None, bool]:
        key: Node | None = None
        node = self._root
        for part in path:
            pair = self._child(node, part)
            if pair is None:
                return key, node, False
            key, node = pair
        return key, node, True

    def _child(self, node: Node | None, part: str | int) -> tuple[Node | None, Node] | None:
        if isinstance(node, MappingNode):
            if id(node) not in self._keys:
                self._keys[id(node)] = {pair[0].value: pair for pair in node.value if isinstance(pair[0], ScalarNode)}
            return self._keys[id(node)].get(str(part))
        if isinstance(node, SequenceNode) and isinstance(part, int) and part < len(node.value):
            return None, node.value[part]
        return None

    def _needle(self, node: ScalarNode, needle: str) -> tuple[int, int]:
        first, last = node.start_mark.line, node.end_mark.line
        for number in range(first, min(last + 1, len(self._lines))):
            start = node.start_mark.column if number == first else 0
            if match := re.compile(needle).search(self._lines[number], start):
                return number + 1, match.start() + 1
        return _start(node)

    def _offset(self, node: ScalarNode, line: int, column: int) -> tuple[int, int]:
        first = node.start_mark.line
        texts = node.value.split("\n")
        if node.style == "|" and line <= len(texts) and first + line < len(self._lines):
            indent = len(self._lines[first + line]) - len(texts[line - 1])
            return first + line + 1, max(indent, 0) + column
        if node.end_mark.line == first and line == 1:
            quote = 1 if node.style else 0
            return first + 1, node.start_mark.column + quote + column
        return _start(node)


def _start(node: Node) -> tuple[int, int]:
    return node.start_mark.line + 1, node.start_mark.column + 1
