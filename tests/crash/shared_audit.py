"""Slots, results and files that jobs share, held against the journal."""

from collections import defaultdict
from collections.abc import Hashable, Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path

from tests.crash.flow_books import FlowBooks, FlowJob, FlowStep
from tests.crash.notes import notes
from tests.crash.shared_tasks import CALLS, LANES, LICENCES, artifacts

Span = tuple[float, float]
_LIMITS = {"lane": LANES, "preview": LANES, "licensed": LICENCES}


def wrong_sharing(books: FlowBooks, journal: Path) -> Iterator[str]:
    """All that is wrong."""
    for key, spans in _spans(books, journal).items():
        limit = CALLS if key[0] == "api" else _LIMITS[str(key[0])]
        most = max(sum(begun <= start < ended for begun, ended in spans) for start, _ in spans)
        if most > limit:
            yield f"{most} of {key} ran at once: {sorted(spans)}"
    for job in books.jobs.values():
        if job.task == "build":
            yield from (f"job {job.id}: {problem}" for problem in _files(job, books))


def _spans(books: FlowBooks, journal: Path) -> Mapping[tuple[Hashable, ...], Sequence[Span]]:
    """When the owners of slots ran by the journal, in seconds, by what they share."""
    spans: dict[tuple[Hashable, ...], list[Span]] = defaultdict(list)
    for job in books.jobs.values():
        if job.task not in _LIMITS:
            continue
        ran = [span for step in books.steps[job.id] for span in _runs(job, step, journal)]
        if ran:
            lane = job.input["number"] % 2000 if job.task == "lane" else 0
            spans[job.task, lane].append((min(begun for begun, _ in ran), max(ended for _, ended in ran)))
        for step in books.steps[job.id]:
            if step.loop == "fetch":
                spans[("api",)] += _runs(job, step, journal)
    return spans


def _runs(job: FlowJob, step: FlowStep, journal: Path) -> Iterator[Span]:
    """The runs of a script. One without an end ran at most as long as its attempt."""
    noted = notes(journal, job.id, step.path)
    for begin, after in pairwise((*noted, None)):
        if begin and begin.word == "begins":
            own = [one for one in step.attempts if one.started_at.timestamp() <= begin.at <= one.ended_at.timestamp()]
            ended = after.at if after and after.word != "begins" else own[0].ended_at.timestamp() if own else begin.at
            yield begin.at, ended


def _files(job: FlowJob, books: FlowBooks) -> Iterator[str]:
    """A completed `compile` has left all its files, and no other one has left any."""
    found = books.artifacts[job.id]
    for name, listed, sent in found:
        if listed != sent:
            yield f"artifact {name} is listed with {listed} and sent with {sent}"
    compiled = next((step for step in books.steps[job.id] if step.path == "compile"), None)
    expected = artifacts(job.input["number"]) if compiled is not None and compiled.status == "completed" else {}
    if {name: listed for name, listed, _ in found} != expected:
        yield f"its artifacts are {found}, not {expected}"
    if compiled and compiled.is_cached:
        source = books.jobs.get(compiled.origin) if compiled.origin else None
        if source is None or source.task != "build":
            yield f"its result is that of job {compiled.origin}"
