"""Times that `stroem status` shows of a job."""

from typing import Any

from stroem.cli.output.job_times import times_of

CREATED = "2026-11-21T10:00:00+00:00"
LATER = "2026-11-21T10:00:31+00:00"
END = "2026-11-21T10:00:33+00:00"


def job(started: str | None, completed: str | None, *steps: str | None) -> dict[str, Any]:
    return {
        "created_at": CREATED,
        "started_at": started,
        "completed_at": completed,
        "steps": [{"started_at": step} for step in steps],
    }


def test_a_job_that_began_at_once_shows_its_start() -> None:
    assert times_of(job(CREATED, LATER, CREATED)) == [("started", "2026-11-21 10:00:00 UTC, took 31.0 s")]


def test_a_job_that_waited_shows_its_creation_too() -> None:
    assert times_of(job(LATER, END, None, LATER)) == [
        ("created", "2026-11-21 10:00:00 UTC, waited 31.0 s"),
        ("started", "2026-11-21 10:00:31 UTC, took 2.00 s"),
    ]


def test_a_job_without_a_worker_never_started() -> None:
    ended = [("created", "2026-11-21 10:00:00 UTC, ended after 31.0 s before any step began")]
    assert times_of(job(LATER, LATER, None, None)) == ended


def test_a_job_that_has_not_begun_is_waiting() -> None:
    ((label, text),) = times_of(job(None, None, None))
    assert label == "created"
    assert text.startswith("2026-11-21 10:00:00 UTC, waiting for ")


def test_a_job_without_readable_steps_shows_its_start() -> None:
    assert times_of(job(CREATED, LATER)) == [("started", "2026-11-21 10:00:00 UTC, took 31.0 s")]
