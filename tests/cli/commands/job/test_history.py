"""`stroem history`, and the logs of single attempts."""

import asyncio
import json
from typing import Any

from stroem.cli.output.history_lines import HistoryPainter
from tests.cli.commands.job.conftest import Run
from tests.server.traveller import Traveller, chunk, outcome

ITEM: dict[str, Any] = {
    "id": 1,
    "at": "2026-01-31T12:00:00Z",
    "step_name": "build",
    "status": "running",
    "attempt": 2,
    "waits_for": None,
    "cause": "claim",
    "actor": "w1",
    "detail": None,
}


async def test_the_history_is_shown_oldest_first(server: Any, stroem: Run, answer: Any) -> None:
    job_id = await server.start_job("paid")
    await stroem("signal", job_id, "paid")
    page = await answer("history", job_id[:8])
    assert [item["status"] for item in page["items"] if item["step_name"] == "hold"] == ["suspended", "completed"]
    assert page["next"] == page["items"][-1]["id"]
    lines = (await stroem("history", job_id)).stdout.splitlines()
    assert len(lines) == len(page["items"])
    assert "hold" in lines[-2]
    assert lines[-2].endswith("signal (by anonymous)")
    of_step = (await stroem("history", job_id, "--step", "hold", "--after", str(page["items"][0]["id"]))).stdout
    assert [line.split()[3] for line in of_step.splitlines()] == ["hold", "hold"]
    assert (await stroem("history", job_id, "--step", "nowhere")).exit_code == 5
    assert (await stroem("history", job_id, "--timeout", "1")).exit_code == 2


async def test_following_ends_with_the_job(server: Any, stroem: Run) -> None:
    job_id = await server.start_job("paid")
    following = asyncio.create_task(stroem("history", job_id, "--follow", "--json"))
    async with server.http.post(f"/api/jobs/{job_id}/signals/paid", json={}) as response:
        assert response.status == 200
    done = await following
    items = [json.loads(line) for line in done.stdout.splitlines()]
    assert items == (await server.get(f"/api/jobs/{job_id}/history"))["items"]
    assert done.exit_code == 0
    rejected = await server.start_job("gates")
    await stroem("cancel", rejected)
    assert (await stroem("history", rejected, "--follow")).exit_code == 3


async def test_the_log_of_one_attempt(server: Any, traveller: Traveller, stroem: Run) -> None:
    job_id = await server.start_job("deploy")
    (first,) = (await traveller.ask())["steps"]
    await traveller.ask(outcomes=[outcome(first, exit_code=1)], logs=[chunk(first, 0, "one")], max_steps=0)
    (second,) = (await traveller.ask(wait_secs=30))["steps"]
    await traveller.ask(logs=[chunk(second, 0, "two")], max_steps=0)
    assert (await stroem("logs", job_id, "--step", "build")).stdout == "build | one\nbuild | two\n"
    assert (await stroem("logs", job_id, "--step", "build", "--attempt", "1")).stdout == "build | one\n"
    for arguments in (("--attempt", "1"), ("--attempt", "1", "--step", "build", "--follow")):
        assert (await stroem("logs", job_id, *arguments)).exit_code == 2


def test_a_line_says_what_when_why_and_by_whom() -> None:
    painter = HistoryPainter()
    job = painter.paint({**ITEM, "step_name": None, "attempt": 0, "cause": "created"})
    assert job.startswith("2026-01-31 12:00:00 UTC  -  ")
    line = painter.paint({**ITEM, "waits_for": "retry", "detail": "exit\x1b[2J\ncode"})
    assert line.startswith("2026-01-31 12:00:00 UTC  build  ")
    assert line.endswith("claim (attempt 2, waits for retry, by w1): exit\\x1b[2J code")
