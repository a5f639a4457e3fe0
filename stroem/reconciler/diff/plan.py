"""The diff of a revision against another, as a record."""

import collections
import datetime
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import attrs

from stroem.definitions.workspace import Definitions
from stroem.dialects.installed import InstalledDialects
from stroem.reconciler.diff.action_users import name_list
from stroem.reconciler.diff.comparison import Comparison
from stroem.reconciler.diff.comparison import Side as Side
from stroem.reconciler.diff.fields import FieldWriter
from stroem.reconciler.diff.schedules import fire_changes
from stroem.reconciler.diff.secret_uses import use_changes
from stroem.records.problem import Problem, shown_problems
from stroem.records.release_plan import DefinitionChange, JobsAffected, KindCount, ReleasePlan, RevisionLabel
from stroem.redaction.definition_secrets import Secrets
from stroem.rights.difference import OwnRules, rights_changes

MOST_ITEMS = 1_000
_NO_RULES = OwnRules()


def plan_between(
    old: Side | None,
    new: Side,
    problems: Iterable[Problem] = (),
    *,
    dialects: InstalledDialects,
    now: datetime.datetime,
    live_jobs: Mapping[str, int] | None = None,
    own_rules: OwnRules = _NO_RULES,
) -> ReleasePlan:
    """The diff of two sides. `problems` are those of the new revision, `live_jobs` counts jobs by task,
    `own_rules` are the rules of the settings, beside those of both sides.

    Pure, and its cost follows the change: objects that are identical on both sides are not compared.
    """
    both = Comparison(old=old or Side(revision="", definitions=Definitions()), new=new, dialects=dialects)
    files, _ = both.files
    told = [_without_secrets(problem, both.secrets) for problem in problems]
    errors = sum(problem.severity == "error" for problem in told)
    return ReleasePlan(
        old=_label(old, both.secrets) if old else None,
        new=_label(new, both.secrets),
        changed=bool(both.differences or files),
        valid=not errors,
        errors=errors,
        warnings=len(told) - errors,
        summary=_summary(both),
        **_bounded("changes", _changes(both), len(both.differences)),
        **_fires(both, now),
        **_bounded("uses", use_changes(both.old.definitions, new.definitions, both.readers())),
        **_rights(both, own_rules),
        **_bounded("files", files),
        **_bounded("jobs", _jobs(both, live_jobs or {})),
        **_bounded("problems", shown_problems(told, MOST_ITEMS), len(told)),
    )


def _bounded(name: str, items: Sequence[object], count: int | None = None) -> dict[str, Any]:
    shown = tuple(items[:MOST_ITEMS])
    return {name: shown, f"{name}_left_out": (len(items) if count is None else count) - len(shown)}


def _changes(both: Comparison) -> list[DefinitionChange]:
    writer = FieldWriter(secrets=both.secrets)
    shown = both.differences[:MOST_ITEMS]
    written = [writer.write(found, name_list(both.users_of(found).tasks)) for found in shown]
    return [
        attrs.evolve(change, change="broken") if both.is_broken(found) else change
        for found, change in zip(shown, written, strict=True)
    ]


def _fires(both: Comparison, now: datetime.datetime) -> dict[str, Any]:
    names = [found.name for found in both.differences if found.kind == "trigger" and not both.is_broken(found)]
    fires, left_out = fire_changes(names, both.old.definitions, both.new.definitions, now, MOST_ITEMS)
    return {"fires": tuple(fires), "fires_left_out": left_out}


def _rights(both: Comparison, own_rules: OwnRules) -> dict[str, Any]:
    """The changes of rights; none if the new rules have mistakes."""
    new = both.new.rules
    if new is not None and new.problems:
        return {}
    found, uncompared = rights_changes(both.old.rules, new, own_rules)
    return _bounded("rights", found, len(found) + uncompared)


def _jobs(both: Comparison, live_jobs: Mapping[str, int]) -> list[JobsAffected]:
    _, by_files = both.files
    there = both.new.definitions.tasks
    return [
        JobsAffected(task=task, jobs=jobs, change="changed" if task in there or _is_broken(both, task) else "removed")
        for task, jobs in sorted(live_jobs.items())
        if jobs and (task in both.tasks or task in by_files)
    ]


def _is_broken(both: Comparison, task: str) -> bool:
    return ("tasks", task) in both.new.broken


def _summary(both: Comparison) -> tuple[KindCount, ...]:
    counts: dict[str, collections.Counter[str]] = {}
    for found in both.differences:
        word = "broken" if both.is_broken(found) else found.change
        counts.setdefault(found.kind, collections.Counter())[word] += 1
    files, _ = both.files
    if files:
        counts["file"] = collections.Counter(change.change for change in files)
    return tuple(KindCount(kind=kind, **words) for kind, words in counts.items())


def _label(side: Side, secrets: Secrets) -> RevisionLabel:
    commit = side.commit
    if commit is not None:
        commit = attrs.evolve(commit, message=secrets.redactor.text(commit.message))
    return RevisionLabel(revision=side.revision, release=side.release, commit=commit)


def _without_secrets(problem: Problem, secrets: Secrets) -> Problem:
    hint = None if problem.hint is None else secrets.redactor.text(problem.hint)
    return attrs.evolve(problem, message=secrets.redactor.text(problem.message), hint=hint)
