"""Secrets in definitions: values that diffs must not show."""

import functools
import itertools
import re
from collections.abc import Iterable, Iterator, Mapping

import attrs

from stroem.conversion.record import keys_of
from stroem.definitions.action import Action
from stroem.definitions.connection import Connection
from stroem.definitions.field import InputField
from stroem.definitions.references import declared_inputs, definition, hooks, use_at
from stroem.definitions.task import Task, is_inline
from stroem.definitions.trigger import Trigger
from stroem.definitions.trigger_options import as_json, secrets_of
from stroem.definitions.values import Json, Path
from stroem.definitions.workspace import Definitions
from stroem.redaction.redactor import MARKER, Redactor, leaves
from stroem.templating.template import is_template

_WORDS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[0-9]+")
_SECRET_WORDS = frozenset(
    {
        "apikey",
        "auth",
        "bearer",
        "credential",
        "credentials",
        "dsn",
        "passphrase",
        "passwd",
        "password",
        "pwd",
        "secret",
        "secrets",
        "token",
    }
)
_SECRET_PAIRS = frozenset({("api", "key"), ("access", "key"), ("private", "key"), ("ssh", "key"), ("signing", "key")})
_FREE_FORM = frozenset({"env", "input", "options", "values", "manifest"})
_VALUES_OF_FIELDS = frozenset({"default", "options"})
_WORDS_OF_FIELDS = frozenset(field.name for field in attrs.fields(InputField)) - _VALUES_OF_FIELDS


def sounds_secret(name: str) -> bool:
    """Whether a name is typical of secrets: `db_password`, `apiKey`, `TOKEN`."""
    words = [word.lower() for word in _WORDS.findall(name)]
    return not _SECRET_WORDS.isdisjoint(words) or not _SECRET_PAIRS.isdisjoint(itertools.pairwise(words))


@attrs.frozen(kw_only=True, slots=False)
class Secrets:
    """The secrets of two revisions, `sides`, and the places of secrets in their definitions."""

    sides: tuple[Definitions, ...]

    @functools.cached_property
    def redactor(self) -> Redactor:
        """A redactor of secrets, secret properties of connections, and tokens."""
        return self.redactor_with(())

    def redactor_with(self, more: Iterable[Json]) -> Redactor:
        """A redactor of further values too."""
        return Redactor([*(value for side in self.sides for value in _values_of(side)), *more])

    def hides(self, kind: str, name: str, path: Path, value: Json) -> bool:
        """Whether the value at a path inside a definition is a secret."""
        if not path:
            return kind == "secret"
        if kind == "secret":
            return not isinstance(value, Mapping)
        if isinstance(value, Mapping) and value:
            return False  # its entries are looked at one by one
        if kind == "connection" and path[0] == "values" and len(path) > 1:
            return self._hides_property(name, path)
        if kind == "connection_type":
            return path[1:] == ("default",) and self._is_secret_property(name, str(path[0]))
        if path == ("auth_token",) or (kind == "trigger" and self._is_trigger_secret(name, path)):
            return True
        if _is_reference(value) or self._describes_input(kind, name, path):
            return False
        return self._is_for_secret_input(kind, name, path) or _sounds_so(path)

    def _is_trigger_secret(self, name: str, path: Path) -> bool:
        triggers = (side.triggers[name] for side in self.sides if name in side.triggers)
        places = (keys_of(own) for one in triggers for own, _ in secrets_of(one.options))
        return any(path[: len(own)] == own for own in places)

    def hidden(self, kind: str, name: str, path: Path, value: Json) -> Json:
        """The value with dots in the place of secrets."""
        if self.hides(kind, name, path, value):
            return MARKER
        if isinstance(value, Mapping):
            return {key: self.hidden(kind, name, (*path, key), entry) for key, entry in value.items()}
        if isinstance(value, list):
            return [self.hidden(kind, name, (*path, number), entry) for number, entry in enumerate(value)]
        return value

    def _hides_property(self, name: str, path: Path) -> bool:
        found = [
            property_
            for side in self.sides
            if name in side.connections
            and (property_ := side.connection_types.get(side.connections[name].type or "", {}).get(str(path[1])))
        ]
        return any(property_.secret for property_ in found) if found else _sounds_so(path)

    def _is_secret_property(self, kind: str, name: str) -> bool:
        properties = [side.connection_types.get(kind, {}).get(name) for side in self.sides]
        return sounds_secret(name) or any(property_ is not None and property_.secret for property_ in properties)

    def _describes_input(self, kind: str, name: str, path: Path) -> bool:
        """Whether a path leads to a part of an input's declaration other than its values."""
        where = path.index("input") if "input" in path else len(path)
        if path[where + 2 : where + 3] == () or path[where + 2] not in _WORDS_OF_FIELDS:
            return False
        if where == 0:
            return kind in {"action", "task"}
        inline = (_inline_action(side, name, path) for side in self.sides if kind == "task")
        return any(action is not None and path[where + 1] in action.input for action in inline)

    def _is_for_secret_input(self, kind: str, name: str, path: Path) -> bool:
        """Whether a path leads to a value of an input that is declared secret on either side."""
        where = path.index("input") if "input" in path else len(path)
        if len(path) < where + 2:
            return False
        fields = (found for side in self.sides for found in _fields(side, kind, name, path, str(path[where + 1])))
        return any(field.secret for field in fields)


def _values_of(definitions: Definitions) -> Iterator[Json]:
    yield definitions.secrets
    for connection in definitions.connections.values():
        yield from _literals(_secret_values(connection, definitions))
    for trigger in definitions.triggers.values():
        yield from (leaf for _, value in secrets_of(trigger.options) for leaf in _literals([as_json(value)]))
    for server in definitions.mcp_servers.values():
        yield from _literals([server.auth_token])


def _secret_values(connection: Connection, definitions: Definitions) -> list[Json]:
    properties = definitions.connection_types.get(connection.type or "", {})
    return [
        value
        for name, value in connection.values.items()
        if (properties[name].secret if name in properties else sounds_secret(name))
    ]


def _literals(values: Iterable[Json]) -> Iterator[Json]:
    for value in values:
        yield from (leaf for leaf in leaves(value) if not (isinstance(leaf, str) and is_template(leaf)))


def _fields(side: Definitions, kind: str, name: str, path: Path, field: str) -> Iterator[InputField]:
    """The declarations of the input at a path inside a definition."""
    for declared in _declarations(side, kind, name, path):
        if field in declared:
            yield declared[field]


def _declarations(side: Definitions, kind: str, name: str, path: Path) -> Iterator[Mapping[str, InputField]]:
    owner = definition((kind, name), side) if kind in {"action", "task", "trigger", "workspace"} else None
    if isinstance(owner, Action) or (isinstance(owner, Task) and path[0] == "input"):
        yield owner.input
    elif isinstance(owner, Trigger):
        yield from declared_inputs(owner, side)
    elif isinstance(owner, Task) and path[0] in ("flow", "finally"):
        step = use_at(owner, path)
        yield from declared_inputs(step, side) if step else ()
    elif isinstance(owner, Task | Definitions):
        for hook_path, hook in hooks(owner):
            if kind == "workspace" or hook_path[0] == path[0]:
                yield from declared_inputs(hook, side)


def _inline_action(side: Definitions, name: str, path: Path) -> Action | None:
    """The action written inside the step that a path leads through."""
    task = side.tasks.get(name)
    step = use_at(task, path) if task else None
    return side.actions.get(step.action) if step and is_inline(step.action) else None


def _sounds_so(path: Path) -> bool:
    """Whether a freely named entry at or above the path has a name typical of secrets."""
    free = next((position for position, part in enumerate(path) if part in _FREE_FORM), len(path))
    return any(isinstance(part, str) and sounds_secret(part) for part in path[free + 1 :])


def _is_reference(value: Json) -> bool:
    """Whether a value is empty or a template, and so no secret itself."""
    return value is None or value == [] or (isinstance(value, str) and (is_template(value) or not value))
