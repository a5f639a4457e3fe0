"""Workers in a browser: what they run, and each verb."""

import urllib.request
from pathlib import Path
from typing import Any

import orjson
import pytest
from playwright.sync_api import Page, expect

from tests.support.programs import Program
from tests.ui.accessibility import check_accessibility
from tests.ui.api import Api
from tests.ui.screenshots import take_screenshots


@pytest.fixture
def worker(api: Api) -> dict[str, str]:
    """The worker of the server."""
    return dict(next(one for one in api.get("/api/workers")["items"] if one["name"] not in ("old-one", "new-one")))


@pytest.fixture
def register(api: Api, running: Program) -> Any:
    """Registers a worker of which nothing more is heard; returns its id."""
    arguments: Any = running.process.args
    token = (Path(arguments[arguments.index("--data-dir") + 1]) / "worker-token").read_text().strip()

    def register(**offer: Any) -> str:
        head = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
        body = orjson.dumps({"capabilities": ["script"], **offer})
        request = urllib.request.Request(f"{api.address}/worker/register", data=body, headers=head, method="POST")
        with urllib.request.urlopen(request, timeout=30) as response:
            return str(orjson.loads(response.read())["worker_id"])

    return register


def test_the_list_shows_what_a_worker_runs(page: Page, api: Api, worker: dict[str, str]) -> None:
    job_id = api.start("waits")
    api.await_job(job_id, "running")
    page.goto("/workers")
    row = page.locator(f"[data-worker='{worker['name']}']")
    row.get_by_role("link", name="waits").first.click()
    expect(page).to_have_url(f"/jobs/{job_id}")
    api.post(f"/api/jobs/{job_id}/cancel")
    api.await_job(job_id)


def test_a_worker_is_cordoned_with_a_reason_and_uncordoned(page: Page, api: Api, worker: dict[str, str]) -> None:
    page.goto("/workers")
    page.get_by_role("button", name=f"Cordon {worker['name']}").click()
    page.get_by_label("Reason").fill("new disk")
    page.get_by_role("dialog").get_by_role("button", name="Cordon").click()
    expect(page.get_by_text("new disk").first).to_be_visible()
    told = api.get(f"/api/workers/{worker['worker_id']}")
    assert (told["state"], told["state_reason"]) == ("cordoned", "new disk")
    page.get_by_role("link", name=worker["name"]).first.click()
    page.get_by_role("button", name="Uncordon").click()
    page.get_by_role("dialog").get_by_role("button", name="Uncordon").click()
    expect(page.get_by_text(f"{worker['name']} takes steps again.")).to_be_visible()
    assert api.get(f"/api/workers/{worker['worker_id']}")["state"] == "active"


def test_a_worker_is_drained(page: Page, api: Api, worker: dict[str, str]) -> None:
    job_id = api.start("waits")  # it has work, and so does not end
    api.await_job(job_id, "running")
    page.goto(f"/workers/{worker['worker_id']}")
    page.get_by_role("button", name="Drain").click()
    page.get_by_role("dialog").get_by_role("button", name="Drain").click()
    expect(page.get_by_text("Drains", exact=True)).to_be_visible()
    assert api.get(f"/api/workers/{worker['worker_id']}")["state"] == "draining"
    page.get_by_role("button", name="Uncordon").click()
    page.get_by_role("dialog").get_by_role("button", name="Uncordon").click()
    expect(page.get_by_role("button", name="Drain")).to_be_visible()
    assert api.get(f"/api/workers/{worker['worker_id']}")["state"] == "active"
    api.post(f"/api/jobs/{job_id}/cancel")
    api.await_job(job_id)


def test_a_worker_shows_its_last_steps(page: Page, api: Api, worker: dict[str, str]) -> None:
    job = api.run("broken")
    page.goto(f"/workers/{worker['worker_id']}")
    steps = page.get_by_role("table", name="Last steps")
    steps.get_by_role("link", name="broken").first.click()
    expect(page).to_have_url(f"/jobs/{job['job_id']}")


def test_a_worker_that_is_gone_is_removed_and_the_next_shows_its_resources(page: Page, api: Api, register: Any) -> None:
    gone = register(name="old-one")
    register(name="new-one", worker_id=gone, group="cluster", slots=4, resources={"cpu": "4", "license": "2"})
    page.goto("/workers")
    row = page.locator("[data-worker='new-one']")
    expect(row.get_by_text("group cluster")).to_be_visible()
    expect(row.get_by_text("license 0 / 2")).to_be_visible()
    take_screenshots(page, "workers-resources")
    page.get_by_role("button", name="Remove old-one").click()
    page.get_by_label("Reason").fill("scrapped")
    page.get_by_role("dialog").get_by_role("button", name="Remove").click()
    expect(page.get_by_text("old-one is removed.")).to_be_visible()
    expect(page.locator("[data-worker='old-one']")).to_have_count(0)
    assert gone not in [one["worker_id"] for one in api.get("/api/workers")["items"]]
    row.get_by_role("link", name="new-one").click()
    expect(page.get_by_text("cpu 0 / 4")).to_be_visible()
    expect(page.get_by_text("cluster", exact=True)).to_be_visible()
    check_accessibility(page)


def test_pages_of_workers_are_accessible(page: Page, worker: dict[str, str]) -> None:
    for name, path in (("workers", "/workers"), ("worker", f"/workers/{worker['worker_id']}")):
        page.goto(path)
        expect(page.get_by_text(worker["name"]).first).to_be_visible()
        check_accessibility(page)
        take_screenshots(page, name)
