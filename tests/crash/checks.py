"""What is true of jobs that went well."""

import orjson

from tests.crash.site import Site
from tests.crash.workload import Order, executions
from tests.support.wait import eventually


async def completed(site: Site, jobs: dict[str, Order], *, within: float = 60) -> None:
    """Every job completes; each step ran once, and its output and its log are what it printed."""
    for job_id, order in jobs.items():
        job = await site.until_ended(job_id, within=within)
        assert job["status"] == "completed", job
        outputs = {step["step_name"]: step["output"] for step in job["steps"]}
        assert outputs == {step: order.output(step) for step in order.steps}
        for step in order.steps:
            assert executions(site.journal, job_id, step) == (1, 1)
            assert await printed(site, job_id, step) == order.lines_of(step)


async def printed(site: Site, job_id: str, step: str) -> list[str]:
    """The lines in the log of a step."""
    log = await site.get(f"/api/jobs/{job_id}/steps/{step}/logs")
    return [orjson.loads(line)["line"] for line in log["logs"].splitlines()]


async def until_over(site: Site, job_id: str, step: str) -> None:
    """Waits until the process of a step has come to its end."""

    async def over() -> bool:
        return executions(site.journal, job_id, step)[1] > 0

    await eventually(over, f"step {step} of job {job_id} comes to its end")
