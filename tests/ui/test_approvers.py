"""Approvals that need several people, in a browser."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.support.programs import Program
from tests.support.wait import eventually_blocking
from tests.support.workspace_files import write_workspace
from tests.ui.accessibility import check_accessibility
from tests.ui.api import Api
from tests.ui.conftest import NewPage
from tests.ui.people import administrator, come_from_elsewhere, make_person, sign_in, start_with_sign_in

_WORKFLOWS = """\
actions:
  ask: {type: approval, message: "Deploy to production?", quorum: 2, four_eyes: starter}
tasks:
  ship: {flow: {gate: {action: ask, timeout: 8h}}}
"""


@pytest.fixture(scope="module")
def workspace_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with a task that asks two people."""
    return write_workspace(tmp_path_factory.mktemp("asks"), _WORKFLOWS, "tasks.yaml")


@pytest.fixture(scope="module")
def running(
    built_ui: None, make_data_dir: Callable[[], Path], workspace_dir: Path, start: Callable[..., Program]
) -> Iterator[Program]:
    """A server where people sign in."""
    yield from start_with_sign_in(start, make_data_dir(), workspace_dir)


@pytest.fixture(scope="module")
def api(running: Program) -> Api:
    """The API as an administrator."""
    return administrator(running.address)


@pytest.fixture
def job(api: Api) -> str:
    """A job of the administrator that waits."""
    job = api.start("ship")
    eventually_blocking(
        lambda: any(one["job_id"] == job for one in api.get("/api/approvals")["items"]), "the step waits"
    )
    return job


def _inbox(new_page: NewPage, api: Api, name: str) -> Page:
    """The inbox of a new person."""
    page = new_page()
    come_from_elsewhere(page)
    sign_in(page, make_person(api, name))
    page.goto("/approvals")
    return page


def test_two_people_approve_and_the_first_sees_that_it_waits(new_page: NewPage, api: Api, job: str) -> None:
    first, second = (_inbox(new_page, api, name) for name in ("Bo Dahl", "Ann Lind"))
    for page, given in ((first, 0), (second, 1)):
        request = page.locator(f'[data-request="{job}/gate"]')
        request.get_by_role("button").first.click()
        expect(request.get_by_text(f"Needs 2 approvals, and has {given}.")).to_be_visible()
        expect(request.get_by_text("Not approved by who started the job.")).to_be_visible()
        check_accessibility(page, "main")
        request.get_by_role("button", name="Approve", exact=True).click()
        expect(page.get_by_text("has your approval" if given == 0 else "approved").first).to_be_visible()
    api.await_job(job)
    steps = api.get(f"/api/jobs/{job}")["steps"]
    assert [len(step["output"]["approvals"]) for step in steps if step["step_name"] == "gate"] == [2]


def test_who_started_the_job_is_told_why_they_do_not_approve_it(new_page: NewPage, api: Api) -> None:
    page = _inbox(new_page, api, "Cy Berg")
    page.goto("/tasks/default/ship")
    page.get_by_role("button", name="Run", exact=True).click()
    page.get_by_role("button", name="Review…").click()
    expect(page.get_by_text("You do not approve this: who has started the job may not approve it.")).to_be_visible()
    expect(page.get_by_role("button", name="Approve", exact=True)).to_be_disabled()
    expect(page.get_by_role("button", name="Decline", exact=True)).to_be_enabled()
