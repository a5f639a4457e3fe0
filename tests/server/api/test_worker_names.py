"""Workers by name and by group: in the API, and in the commands."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from click.testing import CliRunner, Result

from stroem.cli.client import pages
from stroem.cli.main import stroem
from stroem.server.keys import SERVICES


async def workers(server: Any, *arguments: str) -> Result:
    """Runs `stroem workers` against the server."""
    command = ["workers", *arguments, "--server", server.url]
    return await asyncio.to_thread(CliRunner().invoke, stroem, command)


async def register(server: Any, names: Sequence[str], **more: Any) -> list[str]:
    """Registers workers of the older contract; returns their ids."""
    bodies = [{"name": name, "capabilities": ["script"], **more} for name in names]
    return [(await server.ask_worker_api("register", body))["worker_id"] for body in bodies]


async def test_the_group_of_a_worker_is_shown(server: Any) -> None:
    (grouped,) = await register(server, ["pods-1"], group="cluster")
    assert (await server.get(f"/api/workers/{grouped}"))["worker_group"] == "cluster"
    (alone,) = await register(server, ["alone"])
    listed = {one["worker_id"]: one["worker_group"] for one in (await server.get("/api/workers"))["items"]}
    assert listed == {grouped: "cluster", alone: None}
    head, *rows = (await workers(server)).stdout.splitlines()
    assert head.split()[:3] == ["WORKER", "NAME", "GROUP"]
    assert sorted(tuple(row.split()[1:3]) for row in rows) == [("alone", "-"), ("pods-1", "cluster")]


async def test_a_worker_is_named_by_its_name_or_the_beginning_of_its_id(server: Any) -> None:
    first, second = await register(server, ["build-1", "build-2"])
    done = await workers(server, "cordon", "build-1")
    assert done.stdout == "Worker build-1 is cordoned; it runs 0 steps\n"
    assert (await server.get(f"/api/workers/{first}"))["state"] == "cordoned"
    assert (await workers(server, "drain", second[:13].upper())).stdout.startswith("Worker build-2 is draining")
    assert (await workers(server, "uncordon", first)).stdout.startswith("Worker build-1 is active")


async def test_a_name_of_several_workers_is_refused_with_their_ids(server: Any) -> None:
    ids = await register(server, ["build", "build"])
    done = await workers(server, "cordon", "build")
    assert done.exit_code == 5
    assert "'build' stands for 2 workers; give the id, or more of it:\n" in done.stderr
    assert all(f"  {one}  build  active\n" in done.stderr for one in ids)
    assert [(await server.get(f"/api/workers/{one}"))["state"] for one in ids] == ["active", "active"]


async def test_a_former_run_of_a_worker_is_not_meant_unless_it_is_removed(server: Any) -> None:
    (gone,) = await register(server, ["build"])
    async with server.app[SERVICES].database.begin() as connection:
        await connection.execute("UPDATE workers SET active = false, lease_until = now()")
    (live,) = await register(server, ["build"])
    assert (await workers(server, "cordon", "build")).exit_code == 0
    assert (await server.get(f"/api/workers/{live}"))["state"] == "cordoned"
    refused = await workers(server, "remove", "build")
    assert refused.exit_code == 5
    assert f"  {live}  build  cordoned\n" in refused.stderr
    assert f"  {gone}  build  inactive\n" in refused.stderr
    assert (await workers(server, "remove", gone[:18])).stdout == "Worker build was removed\n"


async def test_an_unknown_worker_is_told_with_those_there_are(server: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    none = await workers(server, "cordon", "build-1")
    assert "No worker has the name 'build-1' or an id that begins with it. There are no workers.\n" in none.stderr
    await register(server, ["build-1", "other"])
    assert "Did you mean 'build-1'? List: stroem workers\n" in (await workers(server, "cordon", "buidl-1")).stderr
    short = (await workers(server, "cordon", "xyz")).stderr
    assert "No worker has the name 'xyz'; of an id give at least 4 characters. There are: build-1, other." in short
    monkeypatch.setattr(pages, "_PAGE", 1)
    assert (await workers(server, "cordon", "build-1")).exit_code == 0
