"""Times of a job for `stroem status`."""

from typing import Any

from stroem.cli.output.output import parsed_time, shown_time, took


def times_of(job: dict[str, Any]) -> list[tuple[str, str]]:
    """Labelled start and duration of a job; creation and waiting time if it waited a second or more.

    A job that ended before any of its steps began has no start.
    """
    created, steps = job["created_at"], job["steps"]
    began = job["started_at"] if not steps or any(step["started_at"] for step in steps) else None
    if began is None:
        waited = took({"started_at": created, "completed_at": job["completed_at"]})
        what = f"ended after {waited} before any step began" if job["completed_at"] else f"waiting for {waited}"
        return [("created", f"{shown_time(created)}, {what}")]
    times = [("started", f"{shown_time(began)}, took {took(job)}")]
    if _seconds(created, began) >= 1:
        waited = took({"started_at": created, "completed_at": began})
        times.insert(0, ("created", f"{shown_time(created)}, waited {waited}"))
    return times


def _seconds(earlier: str, later: str) -> float:
    begin, end = parsed_time(earlier), parsed_time(later)
    return (end - begin).total_seconds() if begin and end else 0.0
