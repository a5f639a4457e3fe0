"""Next times of schedules in the API: those at which the scheduler fires."""

import datetime
from typing import Any

from stroem.server.keys import RECONCILER
from tests.support.wait import eventually

SCHEDULES = """
triggers:
  holidays:
    {type: scheduler, task: hello, input: {name: x}, cron: "0 12 * * *", calendar: {file: holidays.txt}}
  broken:
    {type: scheduler, task: hello, input: {name: x}, cron: "0 12 * * *", calendar: {file: broken.txt}}
  steady: {type: scheduler, task: hello, input: {name: x}, interval: 7h}
  idle: {type: scheduler, task: hello, input: {name: x}, cron: "0 12 * * *", enabled: false}
"""


def times(trigger: Any) -> list[datetime.datetime]:
    return [datetime.datetime.fromisoformat(one) for one in trigger["next_runs"]]


async def test_next_runs_follow_calendars_and_the_time_of_the_release(server: Any) -> None:
    holidays = {datetime.datetime.now(datetime.UTC).date() + datetime.timedelta(days=number) for number in range(3)}
    (server.folder / "holidays.txt").write_text("".join(f"{day}\n" for day in sorted(holidays)))
    (server.folder / "broken.txt").write_text("Christmas\n")
    (server.folder / ".workflows" / "schedules.yaml").write_text(SCHEDULES)
    async with server.http.post("/api/workspaces/main/refresh") as response:
        assert response.status == 200, await response.text()

    async def shown() -> Any:
        found = await server.get("/api/workspaces/main/triggers/steady")
        return found if found["since"] else None

    steady = await eventually(shown)
    since = datetime.datetime.fromisoformat(steady["since"])
    first, *rest = times(steady["trigger"])
    assert (first - since.replace(microsecond=0)) == datetime.timedelta(hours=7)
    assert len(rest) == 4
    found = {one["name"]: one for one in await server.get("/api/workspaces/main/triggers")}
    assert len(times(found["holidays"])) == 5
    assert holidays.isdisjoint(at.date() for at in times(found["holidays"]))
    assert times(found["broken"]) == times(found["idle"]) == []
    assert found["steady"]["next_runs"] == steady["trigger"]["next_runs"]
    of_task = {one["name"]: one for one in (await server.get("/api/workspaces/main/tasks/hello"))["triggers"]}
    assert of_task["holidays"]["next_runs"] == found["holidays"]["next_runs"]


async def test_a_changed_file_of_a_calendar_takes_effect_with_its_release(server: Any) -> None:
    today = datetime.datetime.now(datetime.UTC).date()
    days = "".join(f"{today + datetime.timedelta(days=number)}\n" for number in range(20))
    (server.folder / "holidays.txt").write_text(days)
    (server.folder / "broken.txt").write_text("Christmas\n")
    (server.folder / ".workflows" / "schedules.yaml").write_text(SCHEDULES)
    await server.app[RECONCILER].pipeline.reconcile("main")

    async def is_due(name: str, least: int, most: int) -> bool:
        """Whether a trigger is due in so many days."""
        found = await server.get(f"/api/workspaces/main/triggers/{name}")
        if found["due_at"] is None or found["trigger"]["problem"]:
            return False
        days = (datetime.datetime.fromisoformat(found["due_at"]).date() - today).days
        return least <= days <= most

    await eventually(lambda: is_due("holidays", 20, 20))
    for name in ("holidays.txt", "broken.txt"):
        (server.folder / name).write_text("--02-29\n")
    await server.app[RECONCILER].pipeline.reconcile("main")
    for name in ("holidays", "broken"):
        await eventually(lambda: is_due(name, 0, 2))  # noqa: B023
