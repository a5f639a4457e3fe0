"""What somebody may not do, in a browser: it is disabled with the right that is needed."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.support.programs import Program
from tests.ui.accessibility import check_accessibility
from tests.ui.api import Api
from tests.ui.conftest import NewPage
from tests.ui.people import administrator, come_from_elsewhere, make_person, sign_in, start_with_sign_in


@pytest.fixture(scope="module")
def running(
    built_ui: None, make_data_dir: Callable[[], Path], workspace_dir: Path, start: Callable[..., Program]
) -> Iterator[Program]:
    """A server where people may see everything, and administrators do it."""
    yield from start_with_sign_in(start, make_data_dir(), workspace_dir, acl={"default": "view", "rules": []})


@pytest.fixture(scope="module")
def api(running: Program) -> Api:
    """The API as an administrator."""
    return administrator(running.address)


@pytest.fixture
def page(new_page: NewPage, api: Api) -> Page:
    """A page in which somebody has signed in who may only look."""
    page = new_page()
    come_from_elsewhere(page)
    sign_in(page, make_person(api, "Bo Dahl"))
    return page


def _is_refused(page: Page, name: str, right: str) -> None:
    button = page.get_by_role("button", name=name, exact=True)
    expect(button).to_be_disabled()
    expect(button).to_have_attribute("title", f"You may not do this: the right {right} is needed.")


def test_a_task_cannot_be_run(page: Page) -> None:
    page.goto("/tasks/default/counts")
    _is_refused(page, "Run", "job.run")
    check_accessibility(page, "main")


def test_a_job_cannot_be_cancelled_or_run_again(page: Page, api: Api) -> None:
    job = api.start("waits")
    api.await_job(job, "running")
    page.goto(f"/jobs/{job}")
    _is_refused(page, "Cancel…", "job.cancel")
    _is_refused(page, "Pause", "job.pause")
    page.keyboard.press("c")
    expect(page.get_by_role("dialog")).to_have_count(0)
    api.post(f"/api/jobs/{job}/cancel")
    api.await_job(job)
    _is_refused(page, "Run again…", "job.run")


def test_a_workspace_cannot_be_steered(page: Page) -> None:
    page.goto("/workspaces/default")
    _is_refused(page, "Look now", "workspace.sync")
    _is_refused(page, "Suspend", "workspace.suspend")


def test_an_administrator_may_do_it(new_page: NewPage, api: Api) -> None:
    page = new_page()
    come_from_elsewhere(page)
    sign_in(page, make_person(api, "Ada Berg", is_admin=True))
    page.goto("/tasks/default/counts")
    expect(page.get_by_role("button", name="Run", exact=True)).to_be_enabled()
