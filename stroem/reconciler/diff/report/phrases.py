"""Sentences, words and JSON of reports."""

import datetime
import json
from typing import Any

import attrs

from stroem.conversion.text import one_line, visible_json
from stroem.definitions.kinds import noun
from stroem.definitions.values import Json
from stroem.records.release_plan import (
    FieldChange,
    KindCount,
    NameList,
    ReleasePlan,
    RevisionLabel,
    RightsChange,
)
from stroem.rights.difference import is_done_at
from stroem.rights.roles import ROLES

_DIGITS = 12


def as_json(plan: ReleasePlan) -> str:
    """The plan as one JSON document, as the server answers it."""
    return visible_json(to_document(plan), indent=2) + "\n"


def to_document(plan: ReleasePlan) -> dict[str, Any]:
    """The plan as JSON has it; times end in `Z`."""
    return attrs.asdict(plan, value_serializer=_serialized)


def headline(plan: ReleasePlan) -> str:
    """`Plan: 1 to add, 2 to change; 5 files differ; rights change`, or that there is nothing to do."""
    if not plan.changed:
        return "Nothing would change"
    words = {"added": "to add", "changed": "to change", "removed": "to remove", "broken": "with mistakes"}
    counts = {word: sum(getattr(one, word) for one in plan.summary if one.kind != "file") for word in words}
    parts = [", ".join(f"{count:,} {words[word]}" for word, count in counts.items() if count)]
    if files := _total(plan.count("file")):
        parts.append(f"{counted(files, 'file')} {'differs' if files == 1 else 'differ'}")
    if plan.rights or plan.rights_left_out:
        parts.append("rights change")
    return f"Plan: {'; '.join(filter(None, parts))}"


def _total(count: KindCount) -> int:
    return count.added + count.changed + count.removed


def verdict(plan: ReleasePlan) -> str:
    """The sentence about an invalid revision; empty for a valid one."""
    if plan.valid:
        return ""
    return f"The revision is not valid ({counted(plan.errors, 'error')}): it would not become current."


def revision_text(label: RevisionLabel | None) -> str:
    """`release 12, 3f2a91c0d4e5 "Deploy twice a day" by Ada on 2026-11-02 10:00 UTC`."""
    if label is None:
        return "nothing"
    revision = label.revision[:_DIGITS] if _is_digest(label.revision) else label.revision
    text = f"release {label.release}, {revision}" if label.release is not None else revision
    if label.commit is not None:
        text += f' "{label.commit.title}" by {label.commit.author} on {time_text(label.commit.at)}'
    return text


def kind_text(kind: str, count: int = 1) -> str:
    """The word for a kind: `connection types`."""
    if kind == "library":
        return "library" if count == 1 else "libraries"
    return noun(kind) if count == 1 else f"{noun(kind)}s"


def value_text(value: Json) -> str:
    """A value in JSON, on one line."""
    return json.dumps(value, ensure_ascii=False)


def field_text(field: FieldChange) -> str:
    """A field without a line diff: `timeout: 5 → 10`."""
    values = (value_text(field.old), value_text(field.new))
    if field.secret and field.change == "changed":
        return f"{field.path}: another secret value"
    if field.change == "changed" and values[0] == values[1]:
        return f"{field.path}: {values[0]}, other in what is not shown"
    if field.change == "changed":
        return f"{field.path}: {' → '.join(values)}"
    return f"{field.path}: {values[1] if field.change == 'added' else values[0]}"


def subject_text(change: RightsChange) -> str:
    """`group dev`, `everyone`."""
    return f"{change.kind.replace('_', ' ')} {change.name}".strip()


def place_text(change: RightsChange) -> str:
    """`main/deploy/*`, or `everything`."""
    place = f"{change.workspaces}/{change.tasks}"
    return "everything" if place == "*/*" else place


def verbs_text(change: RightsChange) -> str:
    """`role viewer, job.run`: a role stands for all of its verbs that mean something at the place."""
    pattern, left = (change.workspaces, change.tasks), set(change.verbs)
    named = []
    for role, verbs in sorted(ROLES.items(), key=lambda item: -len(item[1])):
        meant = {verb for verb in verbs if is_done_at(verb, pattern)}
        if meant <= left:
            named.append(f"role {role}")
            left -= meant
    return ", ".join([*named, *sorted(left)])


def names_text(names: NameList) -> str:
    """`a, b and 3 more`."""
    listed = ", ".join(names.names)
    return f"{listed} and {names.left_out:,} more" if names.left_out else listed


def time_text(time: datetime.datetime) -> str:
    """A time to the minute, or to the second where that matters."""
    form = "%Y-%m-%d %H:%M:%S UTC" if time.second else "%Y-%m-%d %H:%M UTC"
    return time.astimezone(datetime.UTC).strftime(form)


def counts_text(count: KindCount) -> str:
    """`1 added, 2 changed`."""
    words = ("added", "changed", "removed", "broken")
    return ", ".join(f"{getattr(count, word):,} {word}" for word in words if getattr(count, word))


def more_text(left_out: int, what: str) -> str:
    """The line for what is not shown."""
    return f"… and {left_out:,} more {what}"


def printable(text: str) -> str:
    """The text on one line, with escapes for control and bidirectional characters."""
    return one_line(text.replace("\t", "    "))


def _serialized(_instance: object, _field: object, value: object) -> object:
    if isinstance(value, datetime.datetime):
        return value.astimezone(datetime.UTC).isoformat().replace("+00:00", "Z")
    return value


def _is_digest(revision: str) -> bool:
    return len(revision) >= 40 and all(char in "0123456789abcdef" for char in revision)


def counted(number: int, noun: str) -> str:
    """`1 job`, `2 jobs`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
