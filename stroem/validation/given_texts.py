"""Unquoted scalars given to text fields that are declared elsewhere, as they are written."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import attrs

from stroem.definitions.field import takes_text
from stroem.definitions.references import declared_inputs, use_at
from stroem.definitions.values import Json, Path
from stroem.definitions.workspace import Definitions
from stroem.interfaces.parsed_file import ParsedFile
from stroem.validation.merge import Merged
from stroem.validation.scope import Lookup

_Texts = Sequence[tuple[Path, str]]
_SECTIONS = ("tasks", "triggers", "connections")
"""The sections whose definitions give values to fields declared elsewhere."""


@attrs.frozen(kw_only=True, eq=False)
class GivenTexts:
    """The definitions of a file that change with the texts put in, by section, and the look-ups behind that."""

    entries: Mapping[str, Mapping[str, Any]] = attrs.Factory(dict)
    lookups: frozenset[Lookup] = frozenset()


_NONE = GivenTexts()


def given_texts(
    file: ParsedFile, merged: Merged, previous: tuple[Definitions, Definitions] | None = None
) -> GivenTexts:
    """The definitions of a file with unquoted scalars (`1.10`) as texts where the field takes text.

    `previous` are the merged definitions of the former validation, without and with texts: unchanged definitions stay
    the same objects.
    """
    if not file.scalars:
        return _NONE
    given = _Given(merged.definitions, *(previous or (Definitions(), Definitions())))
    entries: dict[str, dict[str, Any]] = {}
    for (kind, name), texts in file.scalars.items():
        entry = getattr(merged.definitions, kind).get(name)
        if entry is not None and merged.places[kind].get(name) == file.path:
            changed = given.put(kind, name, entry, texts)
            if changed is not entry:
                entries.setdefault(kind, {})[name] = changed
    return GivenTexts(entries=entries, lookups=frozenset(given.lookups))


def with_texts(definitions: Definitions, given: Iterable[GivenTexts]) -> Definitions:
    """The merged definitions with the texts of all files put in."""
    entries: dict[str, Any] = {}
    for of_file in given:
        for kind, of_kind in of_file.entries.items():
            if kind not in entries:
                entries[kind] = dict(getattr(definitions, kind))
            entries[kind].update(of_kind)
    return attrs.evolve(definitions, **entries) if entries else definitions


def renew_texts(
    definitions: Definitions,
    previous: tuple[Definitions, Definitions],
    fresh: Collection[tuple[ParsedFile, GivenTexts]],
) -> Definitions:
    """The same as `with_texts`, at a cost that follows the `fresh` files.

    `previous` are the former definitions of the same names, without and with texts; all other files are unchanged.
    """
    entries: dict[str, Any] = {}
    for kind in _SECTIONS:
        merged, result = (getattr(side, kind) for side in previous)
        if merged is result and not any(kind in given.entries for _, given in fresh):
            continue
        entries[kind] = dict(result)
        for file, given in fresh:
            entries[kind].update(getattr(file.definitions, kind, {}))
            entries[kind].update(given.entries.get(kind, {}))
    return attrs.evolve(definitions, **entries) if entries else definitions


@attrs.frozen
class _Given:
    """The definitions without texts, and the former ones without and with texts.

    `lookups` are those made beyond the file.
    """

    before: Definitions
    former: Definitions
    former_result: Definitions
    lookups: set[Lookup] = attrs.Factory(set)

    def put(self, kind: str, name: str, entry: Any, texts: Mapping[Path, _Texts]) -> Any:
        """A definition with all texts that its fields take; the same one when they take none."""
        sources = self._sources(kind, entry, texts)
        self.lookups.update(sources)
        if getattr(self.former, kind).get(name) is entry and all(self._is_same(*source) for source in sources):
            return getattr(self.former_result, kind)[name]
        if kind == "tasks":
            return self._task(entry, texts)
        return self._trigger(entry, texts) if kind == "triggers" else self._connection(entry, texts)

    def _sources(self, kind: str, entry: Any, texts: Iterable[Path]) -> list[Lookup]:
        """The declarations of the fields that a definition gives values to."""
        if kind == "connections":
            return [("connection_types", entry.type or "")]
        if kind == "triggers":
            return [("tasks", entry.target)]
        found: list[Lookup] = []
        for path in texts:
            use = use_at(entry, path)
            action = self.before.actions.get(use.action) if use else None
            if use is not None:
                found.append(("actions", use.action))
            if action is not None and action.own_task is not None:
                found.append(("tasks", action.own_task))
        return found

    def _is_same(self, kind: str, name: str) -> bool:
        return getattr(self.before, kind).get(name) is getattr(self.former, kind).get(name)

    def _connection(self, connection: Any, texts: Mapping[Path, _Texts]) -> Any:
        fields = self.before.connection_types.get(connection.type or "", {})
        values = _put(connection.values, fields, texts[()])
        return connection if values is None else attrs.evolve(connection, values=values)

    def _trigger(self, trigger: Any, texts: Mapping[Path, _Texts]) -> Any:
        task = self.before.tasks.get(trigger.target)
        values = _put(trigger.input, task.input if task else {}, texts[()])
        return trigger if values is None else attrs.evolve(trigger, input=values)

    def _task(self, task: Any, texts: Mapping[Path, _Texts]) -> Any:
        changed: dict[str, Any] = {}
        for path, of_use in texts.items():
            use = use_at(task, path)
            values = _put(use.input, self._fields(use), of_use) if use else None
            if use is not None and values is not None:
                holder, key = "finally_" if path[0] == "finally" else str(path[0]), path[1]
                holds = getattr(task, holder)
                uses = changed.setdefault(holder, dict(holds) if isinstance(holds, dict) else list(holds))
                uses[key] = attrs.evolve(use, input=values)
        hooks = {key: tuple(uses) for key, uses in changed.items() if isinstance(uses, list)}
        return attrs.evolve(task, **(changed | hooks)) if changed else task

    def _fields(self, use: Any) -> Mapping[str, Any]:
        """The fields that a step or a hook gives values to."""
        fields: Mapping[str, Any] = {}
        for declared in declared_inputs(use, self.before):
            fields = {**declared, **fields} if fields else declared
        return fields


def _put(
    given: Mapping[str, Json], fields: Mapping[str, Any], texts: Iterable[tuple[Path, str]]
) -> dict[str, Json] | None:
    """The given values with texts for text fields and lists of texts; None without such fields."""
    values: dict[str, Json] = {}
    lists: dict[str, list[Json]] = {}
    for (name, *rest), text in texts:
        key = str(name)
        if key not in given or key not in fields or not takes_text(fields[key].type):
            continue
        value = given[key]
        if not rest:
            values[key] = text
        elif isinstance(value, Sequence) and len(rest) == 1 and isinstance(rest[0], int):
            lists.setdefault(key, list(value))[rest[0]] = text
    return {**given, **values, **lists} if values or lists else None
