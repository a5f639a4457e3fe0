"""Differences between the definitions of two releases."""

import itertools
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Literal

import attrs

from stroem.conversion.record import key_of
from stroem.definitions.kinds import HOOK_KEYS, SECTIONS
from stroem.definitions.task import Step, Task, inline_place, is_inline
from stroem.definitions.values import Path
from stroem.definitions.workspace import Definitions
from stroem.reconciler.diff.values import ABSENT, Leaf, Record, leaves, record_of
from stroem.records.release import Change


@attrs.frozen(kw_only=True)
class Difference:
    """A definition that differs: both values as `leaves` takes them, `ABSENT` for a missing one."""

    kind: str
    name: str
    old: object = ABSENT
    new: object = ABSENT

    @property
    def change(self) -> Literal["added", "changed", "removed"]:
        """The kind of change."""
        if self.old is ABSENT:
            return "added"
        return "removed" if self.new is ABSENT else "changed"

    def leaves(self) -> Iterator[Leaf]:
        """The single values that differ: none of removed definitions, none inside lists of secrets."""
        if self.new is ABSENT:
            return iter(())
        found = leaves(self.old, self.new)
        return _outside_lists(found) if self.kind == "secret" else found


def differences(old: Definitions | None, new: Definitions) -> list[Difference]:
    """Everything that is added, changed or removed, by kind and name.

    Costs comparing what is not the same object. An action written inside a step is a part of its task, hooks are
    those of the `workspace`.
    """
    before = old or Definitions()
    found = [_hooks(before, new)] if _hooks_differ(before, new) else []
    written_inside: set[str] = set()
    for kind, section in SECTIONS.items():
        if kind == "task":
            continue
        was, now = getattr(before, section), getattr(new, section)
        for name in _differing(was, now):
            if kind == "trigger":
                found.append(Difference(kind=kind, name=name, old=_trigger(name, before), new=_trigger(name, new)))
                continue
            if kind == "action" and is_inline(name):
                written_inside.add(inline_place(name)[0])
            else:
                found.append(Difference(kind=kind, name=name, old=was.get(name, ABSENT), new=now.get(name, ABSENT)))
    for name in {*_differing(before.tasks, new.tasks), *written_inside}:
        task = Difference(kind="task", name=name, old=_task(name, before), new=_task(name, new))
        if task.old != task.new:
            found.append(task)
    order = {kind: number for number, kind in enumerate((*SECTIONS, "workspace"))}
    return sorted(found, key=lambda difference: (order[difference.kind], difference.name))


def changes_between(old: Definitions | None, new: Definitions) -> tuple[Change, ...]:
    """Everything that is added, changed (with the names of its fields) or removed, by kind and name."""
    return tuple(
        Change(kind=found.kind, name=found.name, change=found.change, fields=_field_names(found))
        for found in differences(old, new)
    )


def _differing(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    if old is new:
        return
    for name, value in new.items():
        was = old.get(name, ABSENT)
        if was is not value and was != value:
            yield name
    yield from old.keys() - new.keys()


def _hooks_differ(old: Definitions, new: Definitions) -> bool:
    return any(getattr(old, name) != getattr(new, name) for name in HOOK_KEYS)


def _hooks(old: Definitions, new: Definitions) -> Difference:
    was, now = ({name: getattr(side, name) for name in HOOK_KEYS} for side in (old, new))
    return Difference(kind="workspace", name="", old=was, new=now)


def _task(name: str, definitions: Definitions) -> object:
    """A task with the actions written inside its steps in their places."""
    task: Task | None = definitions.tasks.get(name)
    if task is None:
        return ABSENT
    flow = {step: _step(value, definitions) for step, value in task.flow.items()}
    cleanup = {step: _step(value, definitions) for step, value in task.finally_.items()}
    record = record_of(task)
    fields = {**{key: value for key, value in record.fields.items() if key != "finally_"}, "flow": flow}
    return attrs.evolve(record, fields={**fields, "finally": cleanup} if cleanup else fields)


def _trigger(name: str, definitions: Definitions) -> object:
    """A trigger with the keys of its type beside those of all."""
    trigger = definitions.triggers.get(name)
    if trigger is None:
        return ABSENT
    both = (record_of(attrs.evolve(trigger, options=None)), record_of(trigger.options))
    return Record(
        fields={key_of(field): value for record in both for field, value in record.fields.items()},
        defaults=frozenset(key_of(field) for record in both for field in record.defaults),
    )


def _step(step: Step, definitions: Definitions) -> object:
    action = definitions.actions.get(step.action) if is_inline(step.action) else None
    if action is None:
        return step
    own, inside = record_of(step), record_of(action)
    fields = {**inside.fields, **own.fields, "input": {**action.input, **step.input}}
    del fields["action"]
    defaults = {name for name in fields if name in inside.defaults or name in own.defaults}
    return Record(fields=fields, defaults=frozenset(defaults - ({"input"} if fields["input"] else set())))


def _outside_lists(found: Iterable[Leaf]) -> Iterator[Leaf]:
    """The same, with lists as a whole."""
    told: set[Path] = set()
    for leaf in found:
        names = tuple(itertools.takewhile(lambda part: isinstance(part, str), leaf.path))
        if names == leaf.path:
            yield leaf
        elif names not in told:
            told.add(names)
            yield Leaf(path=names, old=(), new=())


def _field_names(difference: Difference) -> tuple[str, ...]:
    """The fields that differ; of maps, the entries that do (`flow.build`)."""
    if difference.change != "changed":
        return ()
    return tuple(sorted({_field_name(leaf.path) for leaf in difference.leaves()} - {""}))


def _field_name(path: Path) -> str:
    return ".".join(_words(path[:2]))


def _words(path: Iterable[str | int]) -> Iterator[str]:
    for part in path:
        if isinstance(part, str):
            yield part
