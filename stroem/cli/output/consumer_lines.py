"""Lines about the consumer of an event source."""

from typing import Any

from stroem.cli.output.output import shown_time


def consumer_lines(consumer: dict[str, Any]) -> list[tuple[str, str]]:
    """Labels and texts: its job, restarts, events and what waits."""
    return [
        ("consumer", _state(consumer)),
        ("restarts", _restarts(consumer)),
        ("events", _events(consumer)),
        ("last event", _last_event(consumer)),
        ("waiting", f"{consumer['waiting']} events, {consumer['live_jobs']} live jobs counted"),
        ("dead letters", str(consumer["dead_letters"])),
    ]


def _events(consumer: dict[str, Any]) -> str:
    rate = f"{consumer['events_per_sec']:g} per s"
    return f"{consumer['events']}, {consumer['duplicates']} more seen before, {rate}"


def _state(consumer: dict[str, Any]) -> str:
    state, job = consumer["state"], consumer["job_id"]
    if job is not None:
        return f"{state} since {shown_time(consumer['started_at'])}, job {job}"
    last = f"; its last job {consumer['last_job']} was {consumer['last_status']}" if consumer["last_job"] else ""
    if state == "waiting":
        return f"starts at {shown_time(consumer['starts_at'])} while the trigger is live{last}"
    if state == "stopped":
        return f"stopped until the trigger is resumed{last}"
    return f"ended for good{last}"


def _restarts(consumer: dict[str, Any]) -> str:
    failures = consumer["failures"]
    return f"{consumer['restarts']}" + (f", {failures} failures in a row" if failures else "")


def _last_event(consumer: dict[str, Any]) -> str:
    if consumer["last_event_at"] is None:
        return "-"
    named = f", id {consumer['last_event_id']}" if consumer["last_event_id"] else ""
    return shown_time(consumer["last_event_at"]) + named
