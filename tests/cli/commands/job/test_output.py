"""`stroem output`."""

import json
from typing import Any

from tests.cli.commands.job.conftest import Run


async def test_the_output_of_a_job_and_of_a_step_is_printed(server: Any, stroem: Run) -> None:
    job_id = await server.start_job("paid")
    assert json.loads((await stroem("output", job_id)).stdout) is None
    await stroem("signal", job_id, "paid", "--data", '{"sum": 3}')
    of_step = await stroem("output", job_id[:8], "--step", "hold")
    assert (of_step.exit_code, json.loads(of_step.stdout)) == (0, {"sum": 3})
    assert json.loads((await stroem("output", job_id, "--json")).stdout) == {"hold": {"sum": 3}}
    unknown = await stroem("output", job_id, "--step", "nowhere")
    assert unknown.exit_code == 5
    assert "nowhere" in unknown.stderr
