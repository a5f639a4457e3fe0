import datetime
from typing import Any


async def test_the_list_of_tasks(server: Any) -> None:
    of_workspace = await server.get("/api/workspaces/main/tasks")
    assert of_workspace == await server.get("/api/tasks")
    assert {task["id"]: task for task in of_workspace} == {
        "hello": {
            "id": "hello",
            "name": "Say hello",
            "description": "Greets somebody twice.",
            "mode": "distributed",
            "workspace": "main",
            "folder": "demo",
            "has_triggers": True,
        },
        "sync": {"id": "sync", "mode": "distributed", "workspace": "main", "has_triggers": False},
    }


async def test_one_task(server: Any) -> None:
    task = await server.get("/api/workspaces/main/tasks/hello")
    assert (task["id"], task["name"], task["folder"]) == ("hello", "Say hello", "demo")
    assert task["input"] == {
        "name": {"type": "string", "required": True, "order": 1},
        "count": {"type": "integer", "default": 3},
        "pin": {"type": "string", "secret": True, "default": "••••••"},
    }
    assert task["flow"]["second"] == {
        "action": "greet",
        "action_type": "script",
        "depends_on": ["say-first"],
        "input": {"name": "{{ say_first.output.greeting }}"},
        "continue_on_failure": False,
        "sequential": False,
    }
    assert {trigger["name"] for trigger in task["triggers"]} == {"nightly", "often"}
    assert "connections" not in task


async def test_a_task_names_the_connections_that_fit(server: Any) -> None:
    task = await server.get("/api/workspaces/main/tasks/sync")
    assert task["connections"] == {"postgres": ["archive", "warehouse"]}


async def test_triggers_show_their_next_five_times(server: Any) -> None:
    nightly, often = await server.get("/api/workspaces/main/triggers")
    runs = [datetime.datetime.fromisoformat(run) for run in nightly.pop("next_runs")]
    assert len(runs) == 5
    assert runs == sorted(set(runs))
    assert nightly == {
        "name": "nightly",
        "type": "scheduler",
        "schedule_words": "at 02:30 every day (Europe/Oslo)",
        "cron": "30 2 * * *",
        "timezone": "Europe/Oslo",
        "task": "hello",
        "enabled": True,
        "state": "live",
        "input": {"name": "night"},
        "options": {"cron": "30 2 * * *", "timezone": "Europe/Oslo"},
        "concurrency": "allow",
        "condition": None,
        "debounce": None,
        "last_fire": None,
        "problem": None,
    }
    assert (often["enabled"], often["state"]) == (False, "disabled")
    assert often["next_runs"] == []


async def test_statistics_of_runs(server: Any, plain_worker: Any) -> None:
    stats = await server.get("/api/workspaces/main/tasks/hello/stats", limit=1_000_000)
    assert stats["window"] == 500
    assert stats["steps"] == []
    assert stats["task"] == {
        "sample_size": 0,
        "avg_ms": None,
        "p50_ms": None,
        "p95_ms": None,
        "min_ms": None,
        "max_ms": None,
        "recent": [],
    }
    job_ids = []
    for _ in range(2):
        job_ids.append(await server.start_job())
        for _ in range(2):
            claim = await plain_worker.claim()
            await plain_worker.complete(claim, output={"greeting": "hi"})
    stats = await server.get("/api/workspaces/main/tasks/hello/stats", limit=0)
    assert stats["window"] == 1
    assert [run["job_id"] for run in stats["task"]["recent"]] == [job_ids[1]]
    stats = await server.get("/api/workspaces/main/tasks/hello/stats")
    assert [run["job_id"] for run in stats["task"]["recent"]] == job_ids[::-1]
    task = stats["task"]
    assert task["sample_size"] == 2
    assert 0 < task["min_ms"] <= task["p50_ms"] <= task["p95_ms"] <= task["max_ms"]
    assert {step["step_name"]: step["sample_size"] for step in stats["steps"]} == {"say-first": 2, "second": 2}
