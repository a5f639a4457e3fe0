"""Values that steps, hooks, triggers and connections give to fields that take text, as they are written."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import attrs

from stroem.definitions.values import Json
from stroem.definitions.workspace import Definitions
from stroem.dialects.document import GivenScalars, ParsedFile
from stroem.dialects.field_rules import takes_text
from stroem.dialects.merge import Merged
from stroem.dialects.mistake import Path
from stroem.dialects.workflow import HOOK_KEYS

_Texts = Sequence[tuple[Path, str]]


def given_scalars(scalars: Mapping[Path, str]) -> GivenScalars:
    """The scalars of a file that are given to fields declared elsewhere, by the definition that gives them."""
    groups: dict[tuple[str, str], dict[Path, list[tuple[Path, str]]]] = {}
    for path, text in scalars.items():
        if found := _split(path):
            way, place = found
            groups.setdefault((str(path[0]), str(path[1])), {}).setdefault(way, []).append((place, text))
    return groups


def with_given_texts(
    merged: Merged, files: Iterable[ParsedFile], previous: tuple[Definitions, Definitions] | None = None
) -> Definitions:
    """The merged definitions, with the text of unquoted scalars (`1.10`) where the field they are given to takes text.

    Costs what the files hold of such scalars. `previous` are the definitions as they were merged and returned before:
    what has not changed since is the same object again.
    """
    given = _Given(merged.definitions, *(previous or (Definitions(), Definitions())))
    changed: dict[str, dict[str, Any]] = {}
    for file in files:
        for (kind, name), texts in file.scalars.items():
            entry = getattr(merged.definitions, kind).get(name)
            if entry is not None and merged.places[kind].get(name) == file.path:
                changed.setdefault(kind, {})[name] = given.put(kind, name, entry, texts)
    entries = {kind: getattr(merged.definitions, kind) | of_kind for kind, of_kind in changed.items()}
    return attrs.evolve(merged.definitions, **entries) if entries else merged.definitions


def _split(path: Path) -> tuple[Path, Path] | None:
    """The way inside a definition to what gives a value, and that value's place there; None when nothing is given."""
    kind, parts = path[0] if path else "", len(path)
    if kind == "connections" and parts > 2:
        return (), path[2:]
    if kind == "triggers" and parts > 3 and path[2] == "input":
        return (), path[3:]
    if kind == "tasks" and parts > 5 and path[4] == "input":
        return path[2:4], path[5:]
    return None


@attrs.frozen
class _Given:
    """The definitions before texts are put in, and those of the round before: as they were then, and with texts."""

    before: Definitions
    former: Definitions
    former_result: Definitions

    def put(self, kind: str, name: str, entry: Any, texts: Mapping[Path, _Texts]) -> Any:
        """A definition with all texts that its fields take."""
        if getattr(self.former, kind).get(name) is entry and self._is_as_before(kind, entry, texts):
            return getattr(self.former_result, kind)[name]
        if kind == "tasks":
            return self._task(entry, texts)
        return self._trigger(entry, texts) if kind == "triggers" else self._connection(entry, texts)

    def _is_as_before(self, kind: str, entry: Any, texts: Iterable[Path]) -> bool:
        """Whether the fields that a definition gives values to are those of the round before."""
        if kind == "connections":
            return self._is_same("connection_types", entry.type)
        if kind == "triggers":
            return self._is_same("tasks", entry.target_task or entry.task)
        if any(holder != "flow" for holder, _ in texts):
            return False
        actions = [entry.flow[key].action for _, key in texts if key in entry.flow]
        return all(self._is_same("actions", name) and self._starts_same(name) for name in actions)

    def _starts_same(self, name: str) -> bool:
        action = self.before.actions.get(name)
        return action is None or action.task is None or self._is_same("tasks", action.task)

    def _is_same(self, kind: str, name: str | None) -> bool:
        return getattr(self.before, kind).get(name) is getattr(self.former, kind).get(name)

    def _connection(self, connection: Any, texts: Mapping[Path, _Texts]) -> Any:
        fields = self.before.connection_types.get(connection.type or "", {})
        return attrs.evolve(connection, values=_put(connection.values, fields, texts[()]))

    def _trigger(self, trigger: Any, texts: Mapping[Path, _Texts]) -> Any:
        fields = self._task_fields(trigger.target_task or trigger.task)
        return attrs.evolve(trigger, input=_put(trigger.input, fields, texts[()]))

    def _task(self, task: Any, texts: Mapping[Path, _Texts]) -> Any:
        flow: dict[str, Any] = {}
        hooks: dict[str, list[Any]] = {}
        for (holder, key), of_holder in texts.items():
            if holder == "flow" and key in task.flow:
                flow[str(key)] = self._use(task.flow[key], of_holder)
            elif holder in HOOK_KEYS and isinstance(key, int) and key < len(getattr(task, holder)):
                entries = hooks.setdefault(str(holder), list(getattr(task, holder)))
                entries[key] = self._use(entries[key], of_holder)
        changed = {holder: tuple(entries) for holder, entries in hooks.items()}
        return attrs.evolve(task, **changed, flow=task.flow | flow)

    def _use(self, use: Any, texts: _Texts) -> Any:
        """A step or a hook."""
        action = self.before.actions.get(use.action)
        fields = action.input if action else {}
        if action and action.task:
            fields = {**self._task_fields(action.task), **fields}
        return attrs.evolve(use, input=_put(use.input, fields, texts))

    def _task_fields(self, name: str) -> Mapping[str, Any]:
        task = self.before.tasks.get(name)
        return task.input if task else {}


def _put(given: Mapping[str, Json], fields: Mapping[str, Any], texts: Iterable[tuple[Path, str]]) -> dict[str, Json]:
    """The given values, with the texts of those whose field takes text, or a list of texts."""
    values = dict(given)
    lists: dict[str, list[Json]] = {}
    for (name, *rest), text in texts:
        key = str(name)
        if key not in values or key not in fields or not takes_text(fields[key].type):
            continue
        value = values[key]
        if not rest:
            values[key] = text
        elif isinstance(value, Sequence) and len(rest) == 1 and isinstance(rest[0], int):
            lists.setdefault(key, list(value))[rest[0]] = text
    return values | lists
