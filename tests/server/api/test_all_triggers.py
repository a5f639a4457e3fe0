"""Triggers of all workspaces, and the coming fires of schedules."""

import datetime
from typing import Any


async def test_triggers_of_all_workspaces(server: Any) -> None:
    own = {one["name"]: one for one in await server.get("/api/workspaces/main/triggers")}
    page = await server.get("/api/triggers")
    assert [(one["workspace"], one["name"]) for one in page["items"]] == [("main", "nightly"), ("main", "often")]
    assert page["total"] == 2
    assert page["next"] is None
    for one in page["items"]:
        assert one == {**own[one["name"]], "workspace": "main"}


async def test_pages_and_filters_of_triggers(server: Any) -> None:
    first = await server.get("/api/triggers", limit=1)
    assert first["next"] == "main/nightly"
    second = await server.get("/api/triggers", limit=1, after=first["next"])
    assert [one["name"] for one in second["items"]] == ["often"]
    assert second["next"] is None
    for query, names in (
        ({"state": "disabled"}, ["often"]),
        ({"state": "paused"}, []),
        ({"search": "NIGHT"}, ["nightly"]),
        ({"search": "hello"}, ["nightly", "often"]),
        ({"type": "webhook"}, []),
        ({"workspace": "other"}, []),
    ):
        found = await server.get("/api/triggers", **query)
        assert [one["name"] for one in found["items"]] == names, query


async def test_a_paused_trigger_and_its_last_fire(server: Any) -> None:
    async with server.http.post("/api/workspaces/main/triggers/nightly/fire", json={}) as response:
        job = (await response.json())["job_id"]
    async with server.http.post("/api/workspaces/main/triggers/nightly/pause", json={"by": "ada"}) as response:
        assert response.status == 200
    (one,) = (await server.get("/api/triggers", state="paused"))["items"]
    assert (one["last_fire"]["job_id"], one["last_fire"]["job_status"]) == (job, "pending")
    assert one["paused"]["by"] == "ada"
    assert one["next_runs"] == []
    assert (await server.get("/api/triggers/upcoming"))["items"] == []


async def test_coming_fires(server: Any) -> None:
    runs = (await server.get("/api/workspaces/main/triggers/nightly"))["trigger"]["next_runs"]
    found = await server.get("/api/triggers/upcoming")
    assert [one["at"] for one in found["items"]][:5] == runs
    assert found["items"][0] == {
        "at": runs[0],
        "workspace": "main",
        "trigger": "nightly",
        "task": "hello",
        "timezone": "Europe/Oslo",
    }
    assert len(found["items"]) == 7
    assert not found["is_cut"]
    assert found["frequent"] == []
    few = await server.get("/api/triggers/upcoming", each=3)
    assert [one["at"] for one in few["items"]] == runs[:3]
    assert few["frequent"] == [
        {"workspace": "main", "trigger": "nightly", "task": "hello", "shown": 3, "until": runs[2]}
    ]
    cut = await server.get("/api/triggers/upcoming", limit=2)
    assert (len(cut["items"]), cut["is_cut"]) == (2, True)
    later = await server.get("/api/triggers/upcoming", **{"from": runs[1], "to": runs[3]})
    assert [one["at"] for one in later["items"]] == runs[2:4]


async def test_spans_that_are_refused(server: Any) -> None:
    far = (datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=90)).isoformat()
    for query in ({"to": far}, {"from": "9999-12-31T23:00:00Z"}, {"to": "soon"}):
        async with server.http.get("/api/triggers/upcoming", params=query) as response:
            assert response.status == 400, query
