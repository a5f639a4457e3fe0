"""Values that arrive as text: environment variables and query strings."""

from typing import Any

import yaml

from stroem.conversion.aliases import Repeats, count_repeated
from stroem.conversion.json_value import DEPTH
from stroem.conversion.scalar import NUMBER, WHOLE_NUMBER

_WORDS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_NOTHING = ("", "~", "null", "Null", "NULL")


class Text(str):
    """A text whose type follows from its place. `origin` names the variable that held it."""

    __slots__ = ("origin",)

    def __new__(cls, value: str, origin: str | None = None) -> "Text":
        text = super().__new__(cls, value)
        text.origin = origin
        return text

    origin: str | None

    def scalar(self) -> bool | int | float | str | None:
        """The value that YAML sees in the text."""
        return scalar(str(self))

    def document(self) -> Any:
        """The map or list that is written in the text as JSON or YAML, or else its scalar."""
        try:
            return yaml.load(str(self), Loader=StrictLoader)  # noqa: S506 (a safe loader)
        except yaml.YAMLError:
            return str(self)


def scalar(text: str) -> bool | int | float | str | None:
    """What a plain YAML 1.2 scalar means: `on`, `12:30` and `1_000` are texts."""
    if text in _WORDS:
        return _WORDS[text]
    if text in _NOTHING:
        return None
    if WHOLE_NUMBER.fullmatch(text):
        return int(text)
    return float(text) if NUMBER.fullmatch(text) else text


class StrictLoader(yaml.CSafeLoader):
    """YAML 1.2 scalars, no key twice in one map, and bounds on nesting and on what aliases repeat."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 (an instance variable for its stubs)

    depth = 0

    def descend_resolver(self, parent: yaml.Node | None, index: object) -> None:
        """Counts a level. Raises `MarkedYAMLError` before the parser, which calls itself, runs out of stack."""
        self.depth += 1
        if self.depth > DEPTH:
            assert parent is not None
            raise _mistake(f"it nests deeper than {DEPTH} levels", parent)

    def ascend_resolver(self) -> None:
        """Counts a level less."""
        self.depth -= 1

    def construct_document(self, node: yaml.Node) -> Any:
        """The value of the document. Raises `MarkedYAMLError` when its aliases stand for too much."""
        try:
            count_repeated(node)
        except Repeats as error:
            raise _mistake(f"it holds {error}", error.node) from None
        return super().construct_document(node)


def _plain(loader: StrictLoader, node: yaml.ScalarNode) -> object:
    return node.value if node.style else scalar(node.value)


def _map(loader: StrictLoader, node: yaml.MappingNode) -> dict[object, object]:
    found: dict[object, object] = {}
    for key_node, value_node in node.value:
        key = loader.construct_object(key_node, deep=True)
        if isinstance(key, dict | list):
            raise _mistake("a key is a map or a list", key_node)
        if key in found:
            raise _mistake("the same key stands here for the second time", key_node)
        found[key] = loader.construct_object(value_node, deep=True)
    return found


def _mistake(problem: str, node: yaml.Node) -> yaml.MarkedYAMLError:
    return yaml.MarkedYAMLError(problem=problem, problem_mark=node.start_mark)


StrictLoader.add_constructor("tag:yaml.org,2002:str", _plain)
StrictLoader.add_constructor("tag:yaml.org,2002:map", _map)
