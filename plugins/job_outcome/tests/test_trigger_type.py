"""Triggers by outcomes of jobs: any, several in a row, and joins."""

import datetime
import uuid
from typing import Any, ClassVar

import pytest

from stroem.interfaces.triggers.job_trigger import EndedJob, Heard
from stroem.testing.job_trigger_conformance import ENDED, JobTriggerConformance
from stroem_job_outcome.outcome import Outcome, Part
from stroem_job_outcome.trigger_type import JobOutcomeTrigger


class TestAnyOutcome(JobTriggerConformance):
    kind = JobOutcomeTrigger
    options: ClassVar[dict[str, Any]] = {"on": {"task": ENDED.task}}
    faulty = (
        ({"on": {}}, ("on",)),
        ({"on": {"task": "a", "for": "often"}}, ("on", "for")),
        ({"on": {"task": "a", "for": 101}}, ("on", "for")),
        ({"on": {"task": "a", "status": []}}, ("on", "status")),
        ({"on": {"task": "a", "within": "1h"}}, ("on", "within")),
        ({"on": {"task": ["a", "a"]}}, ("on",)),
        ({"on": {"task": [f"t{number}" for number in range(21)]}}, ("on",)),
        ({"on": {"all_of": ["a"]}}, ("on", "all_of")),
    )
    ended = ENDED


class TestOutcomesInARow(JobTriggerConformance):
    kind = JobOutcomeTrigger
    options: ClassVar[dict[str, Any]] = {"on": {"task": [ENDED.task], "for": "2 in a row"}}
    ended = ENDED


class TestJoin(JobTriggerConformance):
    kind = JobOutcomeTrigger
    options: ClassVar[dict[str, Any]] = {"on": {"all_of": [ENDED.task, {"task": "load", "workspace": "other"}]}}
    ended = ENDED


def job(task: str = "extract", status: str = "failed", *, minute: int = 0, workspace: str = "default") -> EndedJob:
    at = datetime.datetime(2026, 1, 31, 12, minute, tzinfo=datetime.UTC)
    return EndedJob(
        id=uuid.uuid4(), workspace=workspace, task=task, status=status, output={"rows": minute}, error=None,
        source_type="api", source_id=None, created_at=at, started_at=at, completed_at=at, url="/api/jobs/1",
    )  # fmt: skip


def heard(trigger: JobOutcomeTrigger, *jobs: EndedJob) -> list[Heard]:
    memory: Any = None
    found = []
    for one in jobs:
        found.append(trigger.hear(one, memory, "default"))
        memory = found[-1].memory
    return found


def fires(trigger: JobOutcomeTrigger, *jobs: EndedJob) -> list[bool]:
    return [one.fire is not None for one in heard(trigger, *jobs)]


def facts(one: Heard) -> dict[str, Any]:
    assert one.fire is not None
    found: Any = one.fire.context["trigger"]
    return found


def test_without_a_status_completed_jobs_count() -> None:
    trigger = JobOutcomeTrigger(on=Outcome(task="extract"))
    assert fires(trigger, job(status="failed"), job(status="completed"), job(status="skipped")) == [False, True, False]


def test_several_tasks_and_statuses() -> None:
    trigger = JobOutcomeTrigger(on=Outcome(task=("extract", "load"), status=("failed", "cancelled")))
    ended = [job(), job("load", "cancelled"), job("load", "completed"), job("other")]
    assert fires(trigger, *ended) == [True, True, False, False]


def test_the_context_has_the_facts_of_the_job() -> None:
    one = job(status="completed", minute=7)
    (found,) = heard(JobOutcomeTrigger(on=Outcome(task="extract")), one)
    assert facts(found)["job"] == {
        "id": str(one.id),
        "workspace": "default",
        "task": "extract",
        "status": "completed",
        "is_success": True,
        "output": {"rows": 7},
        "error": None,
        "source_type": "api",
        "source_id": None,
        "created_at": "2026-01-31T12:07:00Z",
        "started_at": "2026-01-31T12:07:00Z",
        "completed_at": "2026-01-31T12:07:00Z",
        "duration_secs": 0.0,
        "url": "/api/jobs/1",
    }


def test_three_in_a_row() -> None:
    """After a fire, the count begins again."""
    trigger = JobOutcomeTrigger(on=Outcome(task="extract", status="failed", for_="3 in a row"))
    assert fires(trigger, *[job() for _ in range(7)]) == [False, False, True, False, False, True, False]
    assert len(facts(heard(trigger, job(), job(), job())[-1])["jobs"]) == 3


def test_a_success_breaks_a_row_and_a_cancellation_does_not() -> None:
    trigger = JobOutcomeTrigger(on=Outcome(task="extract", status="failed", for_=2))
    assert fires(trigger, job(), job(status="completed"), job()) == [False, False, False]
    assert fires(trigger, job(), job(status="cancelled"), job(status="skipped"), job()) == [False, False, False, True]


def test_each_task_has_a_row_of_its_own() -> None:
    trigger = JobOutcomeTrigger(on=Outcome(task=("extract", "load"), status="failed", for_="2 in a row"))
    assert fires(trigger, job(), job("load"), job("load"), job()) == [False, False, True, True]


def test_a_join_waits_for_each_of_its_tasks() -> None:
    trigger = JobOutcomeTrigger(on=Outcome(all_of=("extract", Part(task="load", workspace="other"))))
    first, again, second = job(status="completed"), job(status="completed", minute=1), job("load", "completed")
    ended = [first, again, second, EndedJob(**{**_fields(second), "workspace": "other"}), first]
    found = heard(trigger, *ended)
    assert [one.fire is not None for one in found] == [False, False, False, True, False]
    assert facts(found[3])["tasks"]["extract"]["output"] == {"rows": 1}
    assert [one["task"] for one in facts(found[3])["jobs"]] == ["extract", "load"]


def test_a_failure_takes_back_the_success_before_it() -> None:
    trigger = JobOutcomeTrigger(on=Outcome(all_of=("extract", "load")))
    ended = [job(status="completed"), job(status="failed"), job("load", "completed"), job(status="completed")]
    assert fires(trigger, *ended) == [False, False, False, True]


def test_a_join_within_a_time() -> None:
    trigger = JobOutcomeTrigger(on=Outcome(all_of=("extract", "load"), within=600))  # type: ignore[arg-type]
    late = [job(status="completed"), job("load", "completed", minute=11), job(status="completed", minute=20)]
    assert fires(trigger, *late) == [False, False, True]


@pytest.mark.parametrize(
    ("on", "path", "message"),
    [
        (Outcome(), (), "needs one of"),
        (Outcome(task="a", all_of=("a", "b")), (), "exclude each other"),
        (Outcome(task=("a", "a")), (), "twice"),
        (Outcome(task="a", status=()), ("status",), "no status"),
        (Outcome(task="a", for_="often"), ("for",), "no number"),
        (Outcome(task="a", for_=0), ("for",), "out of range"),
        (Outcome(all_of=("a", "b"), for_=2), ("for",), "beside"),
        (Outcome(all_of=("a",)), ("all_of",), "one task"),
        (Outcome(task="a", within=60), ("within",), "all_of"),  # type: ignore[arg-type]
        (Outcome(task=tuple(f"t{n}" for n in range(21))), (), "names 21"),
    ],
)
def test_faults(on: Outcome, path: tuple[str, ...], message: str) -> None:
    (fault,) = JobOutcomeTrigger(on=on).faults()
    assert fault.path == ("on", *path)
    assert message in fault.message


def test_places_of_the_tasks() -> None:
    trigger = JobOutcomeTrigger(on=Outcome(all_of=("extract", Part(task="common/load", workspace="other"))))
    found = [(one.workspace, one.task, one.path) for one in trigger.tasks_heard("default")]
    assert found == [
        ("default", "extract", ("on", "all_of", 0)),
        ("other", "common.load", ("on", "all_of", 1, "task")),
    ]


def _fields(one: EndedJob) -> dict[str, Any]:
    return {name: getattr(one, name) for name in EndedJob.__slots__ if not name.startswith("__")}
