"""A plan as text for a terminal."""

from collections.abc import Iterator
from typing import Literal

import attrs

from stroem.reconciler.diff.report.words import (
    SCHEDULES,
    SIGNS,
    field_text,
    file_text,
    fire_text,
    headline,
    jobs_advice,
    jobs_text,
    kind_text,
    more_text,
    names_text,
    printable,
    problem_text,
    sides,
    use_text,
    verdict,
)
from stroem.records.problem import errors_first
from stroem.records.release_plan import DefinitionChange, FieldChange, ReleasePlan

Style = Literal["plain", "title", "added", "removed", "changed", "broken", "error", "warning", "faint"]


@attrs.frozen
class Line:
    """One line and what it is, from which its colour follows."""

    text: str
    style: Style = "plain"


def as_text(plan: ReleasePlan) -> str:
    """The plan without colours."""
    return "".join(f"{line.text}\n" for line in report_lines(plan))


def report_lines(plan: ReleasePlan) -> Iterator[Line]:
    """The lines of the report. No line holds anything that a terminal would act on."""
    for line in _lines(plan):
        yield Line(printable(line.text), line.style)


def _lines(plan: ReleasePlan) -> Iterator[Line]:
    for word, text in sides(plan):
        yield Line(f"{word:5} {text}", "faint")
    yield from _changes(plan)
    yield from _section(SCHEDULES, list(_fires(plan)))
    yield from _section("Secrets and connections", list(_uses(plan)))
    yield from _section("Files", list(_files(plan)))
    yield from _section("Jobs under way", list(_jobs(plan)))
    yield from _section("Mistakes", list(_problems(plan)))
    yield Line("")
    yield Line(f"{headline(plan)}.", "title")
    if not plan.valid:
        yield Line(verdict(plan), "error")


def _section(title: str, lines: list[Line]) -> Iterator[Line]:
    if lines:
        yield Line("")
        yield Line(title, "title")
        yield from lines


def _changes(plan: ReleasePlan) -> Iterator[Line]:
    for change in plan.changes:
        yield Line("")
        yield from _change(change)
    if plan.changes_left_out:
        yield Line("")
        yield Line(more_text(plan.changes_left_out, "definitions"), "faint")


def _change(change: DefinitionChange) -> Iterator[Line]:
    name = f" {change.name}" if change.name else ""
    users = f"  (used by {names_text(change.used_by)})" if change.used_by.names else ""
    note = "  (has mistakes now)" if change.change == "broken" else ""
    yield Line(f"{SIGNS[change.change]} {kind_text(change.kind)}{name}{users}{note}", change.change)
    for field in change.fields:
        yield from _field(field)
    if change.fields_left_out:
        yield Line(f"    {more_text(change.fields_left_out, 'fields')}", "faint")


def _field(field: FieldChange) -> Iterator[Line]:
    sign = SIGNS[field.change]
    if not field.diff:
        yield Line(f"    {sign} {field_text(field)}", field.change)
        return
    yield Line(f"    {sign} {field.path}:", field.change)
    styles: dict[str, Style] = {"+": "added", "-": "removed"}
    for line in field.diff:
        yield Line(f"        {line}", styles.get(line[:1], "faint"))


def _fires(plan: ReleasePlan) -> Iterator[Line]:
    for fire in plan.fires:
        style: Style = "added" if fire.change == "added" else "removed" if fire.change == "removed" else "changed"
        yield Line(f"  {SIGNS[fire.change]} {fire.trigger} ({fire.task}): {fire_text(fire)}", style)
    if plan.fires_left_out:
        yield Line(f"  {more_text(plan.fires_left_out, 'schedules')}", "faint")


def _uses(plan: ReleasePlan) -> Iterator[Line]:
    for use in plan.uses:
        yield Line(f"  {SIGNS[use.change]} {use.kind} {use.name}: {use_text(use)}", use.change)
    if plan.uses_left_out:
        yield Line(f"  {more_text(plan.uses_left_out, 'uses')}", "faint")


def _files(plan: ReleasePlan) -> Iterator[Line]:
    for file in plan.files:
        told = file_text(file)
        yield Line(f"  {SIGNS[file.change]} {file.path}{f' ({told})' if told else ''}", file.change)
    if plan.files_left_out:
        yield Line(f"  {more_text(plan.files_left_out, 'files')}", "faint")


def _jobs(plan: ReleasePlan) -> Iterator[Line]:
    for jobs in plan.jobs:
        yield Line(f"  {jobs.task}: {jobs_text(jobs.jobs, jobs.change)}")
    if plan.jobs_left_out:
        yield Line(f"  {more_text(plan.jobs_left_out, 'tasks')}", "faint")
    if plan.jobs:
        yield Line(f"  {jobs_advice()}", "faint")


def _problems(plan: ReleasePlan) -> Iterator[Line]:
    for problem in errors_first(plan.problems):
        yield Line(f"  {problem.severity} {problem_text(problem)}", problem.severity)
    if plan.problems_left_out:
        yield Line(f"  {more_text(plan.problems_left_out, 'mistakes')}", "faint")
