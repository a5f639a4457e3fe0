"""The next times of schedules in the API are those at which the scheduler fires them."""

import datetime
from pathlib import Path
from typing import Any

import pytest

from tests.support.wait import eventually

TRIGGERS = "/api/workspaces/main/triggers"
WORKFLOWS = """
triggers:
  hourly: {type: scheduler, interval: 1h, task: sync, enabled: true, input: {target: archive}}
  spread: {type: scheduler, cron: "0 3 * * *", jitter: 1h, task: sync, input: {target: archive}}
  holidays: {type: scheduler, cron: "0 5 * * *", task: sync, calendar: {file: days.txt}, input: {target: archive}}
  faulty: {type: scheduler, cron: "0 5 * * *", task: sync, calendar: {file: no-days.txt}, input: {target: archive}}
"""


@pytest.fixture
def folder(folder: Path) -> Path:
    today = datetime.datetime.now(datetime.UTC).date()
    skipped = [today + datetime.timedelta(days=number) for number in range(10)]
    (folder / ".workflows" / "schedules.yaml").write_text(WORKFLOWS)
    (folder / "days.txt").write_text("\n".join(map(str, skipped)))
    (folder / "no-days.txt").write_text("Christmas\n")
    return folder


async def test_the_next_times_are_those_of_the_scheduler(server: Any) -> None:
    async def due() -> Any:
        found = {name: await server.get(f"{TRIGGERS}/{name}") for name in ("hourly", "spread", "holidays", "faulty")}
        return found if all(one["due_at"] for one in found.values()) and found["faulty"]["trigger"]["problem"] else None

    found = await eventually(due)
    listed = {one["name"]: one for one in await server.get(TRIGGERS)}
    for name in ("hourly", "spread", "holidays"):
        first = found[name]["trigger"]["next_runs"][0]
        assert moment(first) == moment(found[name]["due_at"]), name
        assert listed[name]["next_runs"] == found[name]["trigger"]["next_runs"]
    since = moment(found["hourly"]["since"]).replace(microsecond=0)
    assert moment(listed["hourly"]["next_runs"][0]) == since + datetime.timedelta(hours=1)
    assert moment(listed["holidays"]["next_runs"][0]) > datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=8)
    assert listed["faulty"]["next_runs"] == []
    assert listed["faulty"]["problem"].startswith("no-days.txt, line 1: 'Christmas' is no day")


def moment(text: str) -> datetime.datetime:
    return datetime.datetime.fromisoformat(text)
