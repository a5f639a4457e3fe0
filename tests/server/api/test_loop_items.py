"""Items of loops in pages and in sums, and jobs without them."""

from typing import Any

import pytest

from tests.server.node_tasks import node_fixtures
from tests.server.traveller import Traveller, outcome

TASKS = {
    "resize": [
        {
            "name": "each",
            "kind": "loop",
            "entry": True,
            "items": ["ab", "cd", "gh", "ef"],
            "edges": [{"to": 2}],
        },
        {"name": "one", "parent": 0, "entry": True, "action": "nothing"},
        {"name": "report", "action": "nothing"},
    ],
}


registry, folder = node_fixtures(TASKS)


@pytest.fixture
async def job_id(server: Any, traveller: Traveller) -> str:
    """A loop whose second item has failed and whose first one is done; the others run."""
    job_id = str(await server.start_job("resize"))
    steps = {step["step_name"]: step for step in (await traveller.ask(max_steps=4))["steps"]}
    done, failed = outcome(steps["each[0]"], output={}), outcome(steps["each[1]"], exit_code=137)
    await traveller.ask(outcomes=[done, failed], max_steps=0)
    return job_id


async def names(server: Any, job_id: str, **query: Any) -> list[str]:
    page = await server.get(f"/api/jobs/{job_id}/steps/each/items", **query)
    return [item["step_name"] for item in page["items"]]


async def test_items_failed_first(server: Any, job_id: str) -> None:
    assert await names(server, job_id) == ["each[1]", "each[0]", "each[2]", "each[3]"]
    assert await names(server, job_id, order="index") == ["each[0]", "each[1]", "each[2]", "each[3]"]
    assert await names(server, job_id, status="running") == ["each[2]", "each[3]"]
    (item,) = (await server.get(f"/api/jobs/{job_id}/steps/each/items", status="failed"))["items"]
    assert (item["index"], item["value"], item["attempt"]) == (1, "cd", 1)
    assert item["error_message"] == "Process exited with code 137"
    assert item["started_at"] < item["completed_at"]


async def test_search_in_items(server: Any, job_id: str) -> None:
    assert await names(server, job_id, search="EF") == ["each[3]"]
    assert await names(server, job_id, search="137") == ["each[1]"]
    assert await names(server, job_id, search="2") == ["each[2]"]
    assert await names(server, job_id, search="%") == []


@pytest.mark.parametrize("order", ["failed", "index"])
async def test_pages_of_items(server: Any, job_id: str, order: str) -> None:
    found: list[str] = []
    query: dict[str, Any] = {"limit": 1, "order": order}
    while True:
        page = await server.get(f"/api/jobs/{job_id}/steps/each/items", **query)
        found += [item["step_name"] for item in page["items"]]
        if "next_cursor" not in page:
            break
        query["cursor"] = page["next_cursor"]
    assert found == await names(server, job_id, order=order)


async def test_summary(server: Any, job_id: str) -> None:
    found = await server.get(f"/api/jobs/{job_id}/steps/each/items/summary")
    assert (found["total"], found["counts"]) == (4, {"completed": 1, "failed": 1, "running": 2})
    assert found["cells"][:2] == [
        {"first": 0, "items": 1, "status": "completed", "index": 0, "step_name": "each[0]"},
        {"first": 1, "items": 1, "status": "failed", "index": 1, "step_name": "each[1]"},
    ]
    assert [cell["first"] for cell in found["cells"]] == [0, 1, 2, 3]


async def test_a_job_without_items(server: Any, job_id: str) -> None:
    whole = await server.get(f"/api/jobs/{job_id}")
    top = await server.get(f"/api/jobs/{job_id}", steps="top")
    loop, report = top.pop("steps")
    assert (loop.pop("loop_counts"), loop["loop_total"]) == ({"completed": 1, "failed": 1, "running": 2}, 4)
    assert [loop, report] == [step for step in whole.pop("steps") if step["loop_source"] is None]
    assert top == whole


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("report/items", 404), ("none/items", 404), ("each[0]/items", 400), ("each[0]/items/summary", 400),
        ("each/items?cursor=x", 400), ("each/items?status=odd", 400), ("each/items?search=", 400),
    ],
)  # fmt: skip
async def test_requests_that_are_refused(server: Any, job_id: str, path: str, status: int) -> None:
    async with server.http.get(f"/api/jobs/{job_id}/steps/{path}") as response:
        assert response.status == status
