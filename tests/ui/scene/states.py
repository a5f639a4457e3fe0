"""Workspaces that need a person, and jobs that run, wait or hang."""

import asyncio
import random
import uuid
from typing import Any

from tests.ui.scene.repositories import Repository
from tests.ui.scene.server import DRAINED, Running

_HUNG = (
    ("catalog", "google", 7), ("billing", "close-hour", 42), ("warehouse", "build", 6), ("infra", "postgres", 42),
    ("web-edge", "rotate", 82), ("warehouse", "stripe", 2), ("infra", "verify", 18),
)  # fmt: skip
"""Tasks that run on and on, and since how many minutes."""


async def advance(running: Running, repositories: dict[str, Repository]) -> None:
    """Pushes the second commit of each workspace, and waits until it is current."""
    tips = {name: one.advance() for name, one in repositories.items()}
    await asyncio.gather(*(running.announce(one.url) for one in repositories.values()))
    for name, tip in tips.items():
        await running.until(f"/api/workspaces/{name}", lambda one, tip=tip: one.get("observed_revision") == tip)
    await _approve(running, "billing")
    for name, tip in tips.items():
        await running.until(f"/api/workspaces/{name}", lambda one, tip=tip: one.get("revision") == tip)


async def _approve(running: Running, workspace: str) -> None:
    """Approves the revision of a workspace that waits."""
    path = f"/api/workspaces/{workspace}"
    found = await running.until(path, lambda one: one.get("waiting"))
    revision = found["waiting"]["revision"]
    await running.post(f"{path}/approve", {"revision": revision, "by": "Ada Lovelace"})
    await running.until(path, lambda one: one["revision"] == revision)


async def set_workspaces(running: Running, repositories: dict[str, Repository]) -> None:
    """Breaks one workspace, and lets others wait, drift, be suspended, pinned and rolled back."""
    by = {"by": "Tomasz Zieliński"}
    await running.post("/api/workspaces/web-edge/suspend", {**by, "reason": "certificate rotation"})
    repositories["infra"].git.tag("v2026.11", repositories["infra"].git.tip())
    await running.post("/api/workspaces/infra/pin", {"ref": "v2026.11", "by": "Jonas Weber", "reason": "audit week"})
    release = (await running.get("/api/workspaces/warehouse"))["release"]
    number = release["number"] if isinstance(release, dict) else release
    back = {"release": number - 1, "by": "Priya Nair", "reason": "orders counted twice"}
    await running.post("/api/workspaces/warehouse/rollback", back)
    await running.post(
        "/api/workspaces/catalog/triggers/hourly-google/pause", {"by": "Ingrid Solberg", "reason": "feed is moved"}
    )
    flows, billing = repositories["flows"], repositories["billing"]
    flows.push(
        ".workflows/digest/evening.yaml",
        "depends_on: [collect]", "depends_on: [colect]\n        retry: { delay: soon }",
        "Send the digest only once", "Jonas Weber",
    )  # fmt: skip
    billing.push(
        ".workflows/invoices/close-day.yaml", "default: 25", "default: 26", "Raise VAT for NO to 26 %", "Ingrid Solberg"
    )
    await asyncio.gather(running.announce(flows.url), running.announce(billing.url))
    await running.until("/api/workspaces/flows", lambda one: one.get("problems"))
    await running.until("/api/workspaces/billing", lambda one: one.get("waiting"))


async def start_live(running: Running, *, items: int, lines: int, wide: int | None) -> list[str]:
    """Starts what is large, what runs on, and what waits; returns the large jobs, which end after a while."""
    large = [
        await running.start("flows", "many", items=items),
        await running.start("flows", "loud", lines=lines),
        *([await running.start("flows", "wide")] if wide else []),
    ]
    hung = [(await running.start(name, task, drill="hang"), minutes) for name, task, minutes in _HUNG]
    asked = [
        await running.start("catalog", "reprocess", confirm=True, items=40, drill="none"),
        await running.start("billing", "production", version="7.5.0", drill="hang"),
    ]
    loop = await running.start("catalog", "reprocess", items=60, drill="hang", sizes=[3])
    signal = await running.start("infra", "incident", wait_for_person=True)
    gpu = [await running.start("catalog", "embed", drill="hang") for _ in range(4)]
    paused = await running.start("web-edge", "edge", drill="hang")
    for job in [*(job for job, _ in hung), loop, paused]:
        await running.until(f"/api/jobs/{job}", lambda one: one["status"] == "running")
    await running.post(f"/api/jobs/{paused}/pause")
    for job in asked:
        await running.until("/api/approvals", lambda page, job=job: any(one["job_id"] == job for one in page["items"]))
    ages = [*hung, (asked[0], 31), (asked[1], 41), (loop, 31), (signal, 12), (paused, 9)]
    await _age(running, [*ages, *((job, 3) for job in gpu)])
    running.workers[DRAINED].drain()
    return large


async def _age(running: Running, ages: list[tuple[str, int]]) -> None:
    """Moves the times of jobs and steps back, so that they have begun that many minutes ago."""
    chosen = random.Random(1)
    async with running.connection() as connection:
        for job, minutes in ages:
            values: dict[str, Any] = {"job": uuid.UUID(job), "secs": minutes * 60 + chosen.randint(0, 59)}
            for statement in _AGEING:
                await connection.execute(statement, values)


_AGEING = (
    b"UPDATE jobs SET created_at = created_at - make_interval(secs => %(secs)s),"
    b" started_at = started_at - make_interval(secs => %(secs)s) WHERE id = %(job)s",
    b"UPDATE steps SET ready_at = ready_at - make_interval(secs => %(secs)s),"
    b" started_at = started_at - make_interval(secs => %(secs)s),"
    b" completed_at = completed_at - make_interval(secs => %(secs)s) WHERE job_id = %(job)s",
    b"UPDATE attempts SET started_at = started_at - make_interval(secs => %(secs)s),"
    b" ended_at = ended_at - make_interval(secs => %(secs)s) WHERE job_id = %(job)s",
    b"UPDATE history SET at = at - make_interval(secs => %(secs)s) WHERE job_id = %(job)s",
)
