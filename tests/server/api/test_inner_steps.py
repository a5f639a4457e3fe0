"""A step of a job with the steps inside it, without reading all of the job."""

from pathlib import Path
from typing import Any

import pytest

from tests.server.traveller import Traveller, outcome
from tests.support.workspace_files import write_workspace

WORKFLOW = """\
tasks:
  deploy:
    flow:
      before: {type: script, script: echo}
      region:
        for_each: [eu, us]
        steps:
          build: {type: script, script: echo}
          check:
            depends_on: [build]
            for_each: [1, 2, 3]
            type: script
            script: echo
          last: {type: script, script: echo, depends_on: [check]}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_workspace(tmp_path / "workspace", WORKFLOW)


@pytest.fixture
async def job_id(server: Any, traveller: Traveller) -> str:
    """A job that has built the first region."""
    job_id = str(await server.start_job("deploy"))
    steps = {step["step_name"]: step for step in (await traveller.ask(max_steps=9))["steps"]}
    await traveller.ask(outcomes=[outcome(steps["region[0].build"], output={"size": 3})], max_steps=0)
    return job_id


async def inside(server: Any, job_id: str, step: str) -> list[Any]:
    found: list[Any] = (await server.get(f"/api/jobs/{job_id}/steps/{step}/inside"))["steps"]
    return found


async def test_an_item_comes_with_the_steps_inside_it(server: Any, job_id: str) -> None:
    steps = await inside(server, job_id, "region[0]")
    assert [one["step_name"] for one in steps] == [
        "region[0]", "region[0].build", "region[0].check", "region[0].last",
    ]  # fmt: skip
    item, build, check, last = steps
    assert (item["loop_source"], item["loop_index"], item["loop_total"]) == ("region", 0, 2)
    assert (item["loop_value"], "loop_value" in build) == ("eu", False)
    assert (build["status"], build["output"], check["depends_on"]) == ("completed", {"size": 3}, ["build"])
    assert (check["loop_total"], sum(check["loop_counts"].values())) == (3, 3)
    assert (last["status"], last["depends_on"]) == ("pending", ["check"])
    whole = {one["step_name"]: one for one in (await server.get(f"/api/jobs/{job_id}"))["steps"]}
    for one in steps:
        assert {**one, "loop_counts": None} == {**whole[one["step_name"]], "loop_counts": None}


async def test_items_inside_of_items(server: Any, job_id: str) -> None:
    (check,) = await inside(server, job_id, "region[0].check[2]")
    assert (check["loop_source"], check["loop_index"], check["loop_value"]) == ("region[0].check", 2, 3)
    (before,) = await inside(server, job_id, "before")
    assert (before["step_name"], before["loop_source"]) == ("before", None)


@pytest.mark.parametrize("step", ["nothing", "region[7]", "region[0].nothing"])
async def test_a_step_that_is_not_there(server: Any, job_id: str, step: str) -> None:
    async with server.http.get(f"/api/jobs/{job_id}/steps/{step}/inside") as response:
        assert response.status == 404
