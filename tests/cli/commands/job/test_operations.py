"""Commands for jobs that run: approvals, signals, pauses."""

import json
from typing import Any

from stroem.server.keys import SERVICES
from tests.cli.commands.job.conftest import Run
from tests.server.traveller import Traveller, outcome


async def suspended(server: Any, traveller: Traveller) -> str:
    """A job whose step `gate` waits for an approval."""
    job_id: str = await server.start_job("deploy")
    (build,) = (await traveller.ask())["steps"]
    await traveller.ask(outcomes=[outcome(build)], max_steps=0)
    return job_id


async def test_a_step_is_approved_with_the_values_of_its_form(
    server: Any, traveller: Traveller, stroem: Run, answer: Any
) -> None:
    job_id = await suspended(server, traveller)
    listed = await stroem("approvals")
    assert (job_id in listed.stdout, "gate" in listed.stdout, "Deploy?" in listed.stdout) == (True, True, True)
    assert "reason (string, required)" in listed.stdout
    assert "percent (integer, default 10)" in listed.stdout
    assert (await answer("approvals", "-w", "main"))["total"] == 1
    refused = await stroem("approve", job_id[:8], "gate", "percent=many")
    assert refused.exit_code == 5
    assert "input.reason" in refused.stderr
    assert "input.percent" in refused.stderr
    done = await answer("approve", job_id[:8], "gate", "reason=a test", "percent=50", "version=1.10", "--comment", "go")
    assert done == {"job_id": job_id, "step_name": "gate", "status": "approved"}
    output = (await answer("status", job_id))["steps"][1]["output"]
    assert output["input"] == {"reason": "a test", "percent": 50, "version": "1.10"}
    assert (output["approved_by"], output["comment"]) == ("anonymous", "go")
    again = await stroem("approve", job_id, "gate")
    assert (again.exit_code, "is decided: It was approved by anonymous" in again.stderr) == (5, True)
    assert (await stroem("approvals")).stdout == "Nothing waits for an approval.\n"


async def test_links_are_made_on_request(server: Any, traveller: Traveller, stroem: Run, answer: Any) -> None:
    await suspended(server, traveller)
    assert "/approvals/" not in (await stroem("approvals")).stdout
    (item,) = (await answer("approvals", "--links"))["items"]
    assert item["approval_url"].startswith(f"{server.url}/approvals/")
    assert f"  {server.url}/approvals/" in (await stroem("approvals", "--links")).stdout


async def test_values_of_a_form_come_from_stdin_and_unknown_ones_are_warned_of(
    server: Any, traveller: Traveller, stroem: Run
) -> None:
    job_id = await suspended(server, traveller)
    done = await stroem("approve", job_id, "gate", "--input-file", "-", stdin="reason: x\nversion: 1.10\ncolour: red\n")
    assert done.stdout == f"Step gate of job {job_id} is approved.\n"
    assert "Warning: input.colour" in done.stderr
    steps = (await server.get(f"/api/jobs/{job_id}"))["steps"]
    assert steps[1]["output"]["input"]["version"] == "1.10"


async def test_a_step_in_a_loop_is_rejected(server: Any, stroem: Run, answer: Any) -> None:
    job_id = await server.start_job("gates")
    done = await stroem("reject", job_id, "deploy[1]", "--reason", "not today")
    assert done.stdout == f"Step deploy[1] of job {job_id} is rejected.\n"
    steps = {step["step_name"]: step for step in (await answer("status", job_id))["steps"]}
    assert (steps["deploy[1]"]["status"], steps["deploy[1]"]["error_message"]) == ("failed", "not today")
    assert steps["deploy[0]"]["status"] == "suspended"
    assert (await stroem("reject", job_id, "deploy[7]")).exit_code == 5
    assert "There is no workspace" in (await stroem("approvals", "-w", "nowhere")).stderr


async def test_a_signal_is_received_or_kept(server: Any, stroem: Run, answer: Any) -> None:
    job_id = await server.start_job("paid")
    kept = await stroem("signal", job_id, "other")
    assert kept.stdout == f"The signal other to job {job_id} is kept for the first step that waits for it.\n"
    assert (await stroem("signal", job_id, "paid", "--data", "{")).exit_code == 2
    assert (await answer("signal", job_id, "paid", "--data", '{"amount": 5}'))["status"] == "received"
    assert (await answer("status", job_id))["output"] == {"hold": {"amount": 5}}


async def test_a_job_is_paused_and_resumed(server: Any, stroem: Run, answer: Any) -> None:
    job_id = await server.start_job("deploy")
    assert f"Job {job_id} is paused since 20" in (await stroem("pause", job_id[:8])).stdout
    paused = await answer("pause", job_id)
    assert (paused["status"], paused["paused_by"]) == ("paused", "anonymous")
    assert " by anonymous" in (await stroem("status", job_id)).stdout
    assert "paused" in (await stroem("jobs")).stdout
    assert (await stroem("resume", job_id)).stdout == f"Job {job_id} is no longer paused.\n"
    assert "paused" not in (await stroem("jobs")).stdout
    await stroem("cancel", job_id)
    assert (await stroem("pause", job_id)).exit_code == 5


async def test_a_step_is_paused_and_resumed(server: Any, stroem: Run, answer: Any) -> None:
    job_id = await server.start_job("deploy")
    assert f"Step gate of job {job_id} is paused since 20" in (await stroem("pause", job_id, "--step", "gate")).stdout
    assert (await answer("pause", job_id, "--step", "gate"))["step_name"] == "gate"
    assert "paused     step gate since 20" in (await stroem("status", job_id)).stdout
    assert (await stroem("resume", job_id, "-s", "gate")).stdout == f"Step gate of job {job_id} is no longer paused.\n"
    assert "paused" not in (await stroem("status", job_id)).stdout
    assert (await stroem("pause", job_id, "--step", "gat")).exit_code == 5


async def test_a_breakpoint_is_shown_with_its_author(server: Any, stroem: Run, answer: Any) -> None:
    job_id = (await answer("trigger", "deploy", "--pause-before", "build", "--pause-before", "gate"))["job_id"]
    job = await answer("status", job_id)
    assert [(one["step_name"], one["paused_by"]) for one in job["paused_steps"]] == [
        ("build", "anonymous"),
        ("gate", "anonymous"),
    ]
    assert job["paused_steps"][0]["paused_at"] == job["created_at"]
    assert "Step 'build' is paused by anonymous since 20" in (await stroem("status", job_id)).stdout
    refused = await stroem("trigger", "deploy", "--pause-before", "gte", "--pause-before", "biuld")
    assert refused.exit_code == 5
    assert "did you mean 'gate'?" in refused.stderr
    assert "pause_before[1]" in refused.stderr or "did you mean 'build'?" in refused.stderr


async def test_status_tells_what_steps_wait_for_and_how_often_they_failed(
    server: Any, traveller: Traveller, stroem: Run
) -> None:
    job_id = await server.start_job("deploy")
    (build,) = (await traveller.ask())["steps"]
    await traveller.ask(outcomes=[outcome(build, exit_code=1)], max_steps=0)
    assert "(1 of 3 attempts failed)" in (await stroem("status", job_id)).stdout
    (build,) = (await traveller.ask(wait_secs=30))["steps"]
    await traveller.ask(outcomes=[outcome(build)], max_steps=0)
    assert "Waiting for an approval" in (await stroem("status", job_id)).stdout


async def test_why_shows_holders_lines_and_the_forecast(server: Any, stroem: Run, answer: Any) -> None:
    first, second = [await server.start_job("limited") for _ in range(2)]
    await server.app[SERVICES].job_loop.run_once()
    shown = (await stroem("why", second[:8])).stdout
    assert f"Job {second} of limited pending" in shown
    assert "No slot of the concurrency of task 'limited' is free: 1 of 1 are taken (since 20" in shown
    assert f"held by job {first} of limited since 20" in shown
    assert "Forecast: unknown, since no jobs of task 'limited' have completed" in shown
    assert (await answer("why", second))["blockers"][0]["held_by"][0]["job_id"] == first
    assert "waits      Waiting for a slot of the concurrency" in (await stroem("status", second)).stdout


async def test_a_priority_and_the_warning_of_a_full_limit(server: Any, stroem: Run, answer: Any) -> None:
    await server.start_job("limited")
    started = await stroem("trigger", "limited", "--priority", "9", "--json")
    assert "Warning: No slot of the concurrency of task 'limited' is free: the job waits" in started.stderr
    job_id = json.loads(started.stdout)["job_id"]
    assert (await answer("status", job_id))["priority"] == 9
    assert (await stroem("trigger", "limited", "--priority", "101")).exit_code == 2
