"""A plan in Markdown, for a comment of a pull request.

What people have written stands between code fences, or has every character replaced by its entity that Markdown or
HTML would act on: no name or value can make links, mentions or markup, or end the block that it stands in.
"""

import re
from collections.abc import Iterable, Iterator, Sequence

from stroem.reconciler.diff.report.words import (
    SCHEDULES,
    counts_text,
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

MOST_CHARACTERS = 60_000
_MOST_LINES = 50
_MOST_OF_SECTION = 9_000
_LONGEST_NAME = 200
_LONGEST_LINE = 400
_RESERVE = 400
_ACTIVE = re.compile(r"[^A-Za-z0-9 ,\-\u00a1-\U0010ffff]")
_TICKS = re.compile(r"`+")


def as_markdown(plan: ReleasePlan) -> str:
    """The plan, cut to 60,000 characters between its definitions; the details of each are folded away."""
    head = _head(plan)
    foot = list(_foot(plan))
    left = MOST_CHARACTERS - _RESERVE - sum(map(len, (*head, *foot)))
    blocks, left_out = _within(map(_change, plan.changes), left)
    left_out += plan.changes_left_out
    rest = [f"{more_text(left_out, 'definitions')}. `stroem plan` shows more."] if left_out else []
    return "\n\n".join([*head, *blocks, *rest, *foot]) + "\n"


def _head(plan: ReleasePlan) -> list[str]:
    """Title, sides, mistakes and counts."""
    blocks = [f"### {headline(plan)}"]
    if not plan.valid:
        blocks.append(f"**{verdict(plan)}**")
    blocks.append("  \n".join(f"{word}: {_code(text)}" for word, text in sides(plan)))
    problems = [f"{problem.severity} {problem_text(problem)}" for problem in errors_first(plan.problems)]
    blocks += _section("Mistakes", problems, plan.problems_left_out, is_open=not plan.valid)
    if plan.summary:
        rows = [f"| {kind_text(count.kind, 2)} | {counts_text(count)} |" for count in plan.summary]
        blocks.append("\n".join(["| | |", "|---|---|", *rows]))
    return blocks


def _foot(plan: ReleasePlan) -> Iterator[str]:
    fires = [f"{_mark(fire.change)} {fire.trigger} ({fire.task}): {fire_text(fire)}" for fire in plan.fires]
    yield from _section(SCHEDULES, fires, plan.fires_left_out, is_open=True)
    uses = [f"{_mark(use.change)} {use.kind} {use.name}: {use_text(use)}" for use in plan.uses]
    yield from _section("Secrets and connections", uses, plan.uses_left_out, is_open=True)
    files = [_joined(f"{_mark(file.change)} {file.path}", file_text(file)) for file in plan.files]
    yield from _section("Files", files, plan.files_left_out)
    jobs = [f"{jobs.task}: {jobs_text(jobs.jobs, jobs.change)}" for jobs in plan.jobs]
    yield from _section("Jobs under way", jobs, plan.jobs_left_out, note=jobs_advice())


def _joined(text: str, note: str) -> str:
    return f"{text} ({note})" if note else text


def _section(
    title: str, lines: Sequence[str], left_out: int, *, is_open: bool = False, note: str = ""
) -> Iterator[str]:
    if not lines:
        return
    count = len(lines) + left_out
    shown = list(_first(lines))
    if count > len(shown):
        shown.append(more_text(count - len(shown), "lines"))
    body = _fenced(shown)
    yield _folded(f"{title} ({count:,})", f"{note}\n\n{body}" if note else body, is_open=is_open)


def _first(lines: Sequence[str]) -> Iterator[str]:
    left = _MOST_OF_SECTION
    for line in lines[:_MOST_LINES]:
        left -= min(len(printable(line)), _LONGEST_LINE) + 1
        if left < 0:
            return
        yield line


def _change(change: DefinitionChange) -> str:
    name = f" {_code(change.name)}" if change.name else ""
    users = f", used by {_code(names_text(change.used_by))}" if change.used_by.names else ""
    word = "has mistakes now" if change.change == "broken" else change.change
    summary = f"{kind_text(change.kind)}{name} {word}{users}"
    lines = [line for field in change.fields for line in _field(field)]
    if change.fields_left_out:
        lines.append(f"  {more_text(change.fields_left_out, 'fields')}")
    return _folded(summary, _fenced(lines)) if lines else f"- {summary}"


def _field(field: FieldChange) -> Iterator[str]:
    sign = _mark(field.change)
    if not field.diff:
        yield f"{sign} {field_text(field)}"
        return
    yield f"{sign} {field.path}:"
    for line in field.diff:
        marked = line[:1] in "+-"
        yield f"{line[:1]}     {line[1:]}" if marked else f"      {line}"


def _mark(change: str) -> str:
    """What gives a line of a diff its colour."""
    return {"added": "+", "removed": "-"}.get(change, "!")


def _within(blocks: Iterable[str], left: int) -> tuple[list[str], int]:
    """The blocks that there is room for, and how many there are beyond."""
    kept: list[str] = []
    left_out = 0
    for block in blocks:
        left -= len(block) + 2
        if left < 0:
            left_out += 1
        else:
            kept.append(block)
    return kept, left_out


def _folded(summary: str, body: str, *, is_open: bool = False) -> str:
    return f"<details{' open' if is_open else ''}><summary>{summary}</summary>\n\n{body}\n\n</details>"


def _fenced(lines: Sequence[str]) -> str:
    """Lines in a block of a diff, behind a fence that is longer than any in them."""
    safe = [_cut(printable(line), _LONGEST_LINE) for line in lines]
    longest = max((len(found[0]) for line in safe for found in _TICKS.finditer(line)), default=0)
    fence = "`" * max(3, longest + 1)
    return "\n".join([f"{fence}diff", *safe, fence])


def _code(text: str) -> str:
    """A text as code inside a sentence or a cell."""
    return f"<code>{_ACTIVE.sub(_entity, _cut(printable(text), _LONGEST_NAME))}</code>"


def _entity(found: re.Match[str]) -> str:
    return f"&#{ord(found[0])};"


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[:longest]}…"
