"""Runs the tasks of a scene for real: each once as it should, many with an error, some until they are cancelled."""

import asyncio
import random
import uuid
from typing import Any

from tests.ui.scene.jobs import Model
from tests.ui.scene.logs import skeleton
from tests.ui.scene.server import Running

_WITHOUT = frozenset({"find-regions", "wide"})
_AT_ONCE = 24
_READS = 4


async def run(running: Running, *, seed: int) -> list[Model]:
    """Models of all tasks. Two in five fail too, and one in ten is cancelled."""
    chosen = random.Random(seed)
    tasks = await _tasks(running)
    triggers = await _triggers(running)
    room, reads = asyncio.Semaphore(_AT_ONCE), asyncio.Semaphore(_READS)

    async def model(task: dict[str, Any], drill: str) -> Model:
        workspace, name = task["workspace"], task["id"]
        given = {} if name in ("loud", "many") else {"drill": drill}
        async with room:
            job = await running.start(workspace, name, **given)
            if drill == "hang":
                await running.until(f"/api/jobs/{job}", _is_at_work)
                await running.post(f"/api/jobs/{job}/cancel")
            await running.ended([job])
        async with reads:
            return await _read(running, job, triggers.get((workspace, name), ()))

    wanted = []
    for task in tasks:
        wanted.append((task, "none"))
        drillable = task["id"] not in ("loud", "many")
        if drillable and chosen.random() < 0.4:
            wanted.append((task, "exit"))
        if drillable and chosen.random() < 0.1:
            wanted.append((task, "hang"))
    return list(await asyncio.gather(*(model(task, drill) for task, drill in wanted)))


def _is_at_work(job: dict[str, Any]) -> bool:
    return any(step["status"] in ("running", "suspended") for step in job["steps"])


async def _tasks(running: Running) -> list[dict[str, Any]]:
    tasks = await running.get("/api/tasks")
    items = tasks if isinstance(tasks, list) else tasks["items"]
    return sorted((one for one in items if one["id"] not in _WITHOUT), key=lambda one: (one["workspace"], one["id"]))


async def _triggers(running: Running) -> dict[tuple[str, str], tuple[tuple[str, str], ...]]:
    """Of each task the sources of its jobs."""
    found: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for workspace in await running.get("/api/workspaces"):
        name = workspace["name"]
        page = await running.get(f"/api/workspaces/{name}/triggers")
        for trigger in page if isinstance(page, list) else page["items"]:
            if trigger["type"] in ("scheduler", "webhook"):
                kind = "trigger" if trigger["type"] == "scheduler" else "webhook"
                found.setdefault((name, trigger["task"]), []).append((kind, f"{name}/{trigger['name']}"))
    return {key: tuple(sources) for key, sources in found.items()}


async def _read(running: Running, job: str, triggers: tuple[tuple[str, str], ...]) -> Model:
    async with running.connection() as connection:
        cursor = await connection.execute(
            """
            SELECT id, parent_job, workspace, task, status, created_at,
                   extract(epoch FROM completed_at - created_at)::float8
            FROM jobs WHERE id = %(job)s OR root_job = %(job)s ORDER BY depth, created_at
            """,
            {"job": uuid.UUID(job)},
        )
        rows = await cursor.fetchall()
    _, _, workspace, task, status, created_at, seconds = rows[0]
    return Model(
        workspace=workspace, task=task, status=status, created_at=created_at, seconds=seconds, triggers=triggers,
        jobs=tuple([(row[0], row[1], await skeleton(running, row[0])) for row in rows]),
    )  # fmt: skip


async def remove(running: Running, made: list[Model]) -> None:
    """Deletes the models, of which there are copies now."""
    values = {"jobs": [job for model in made for job, _, _ in model.jobs]}
    async with running.connection() as connection:
        await connection.execute(
            """
            UPDATE job_tallies a SET jobs = a.jobs - m.jobs
            FROM (SELECT status, count(*) AS jobs FROM jobs WHERE id = ANY(%(jobs)s) GROUP BY status) m
            WHERE a.status = m.status AND a.part = 0
            """,
            values,
        )
        for table in ("steps", "attempts", "history", "log_heads", "log_chunks", "log_segments", "artifacts"):
            await connection.execute(f"DELETE FROM {table} WHERE job_id = ANY(%(jobs)s)".encode(), values)
        await connection.execute("DELETE FROM jobs WHERE id = ANY(%(jobs)s)", values)
