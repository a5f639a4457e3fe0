"""Groups in the graph of a job's steps."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.support.workspace_files import write_workspace
from tests.ui.accessibility import check_accessibility
from tests.ui.api import Api
from tests.ui.screenshots import take_screenshots

_WORKFLOWS = """\
tasks:
  release:
    flow:
      fetch: {type: script, script: "echo fetch"}
      build:
        depends_on: [fetch]
        steps:
          compile: {type: script, script: "echo compile"}
          check: {type: script, depends_on: [compile], script: "echo broken >&2; exit 3"}
      each:
        depends_on: [fetch]
        for_each: [eu, us]
        type: script
        script: echo {{ each.item }}
      publish: {type: script, depends_on: [build, each], script: "echo publish"}
"""


@pytest.fixture(scope="module")
def workspace_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with a task that has a group and a loop."""
    return write_workspace(tmp_path_factory.mktemp("graph"), _WORKFLOWS, "tasks.yaml")


@pytest.fixture(scope="module")
def job(api: Api) -> str:
    """A job that failed within its group."""
    return str(api.run("release")["job_id"])


def _graph(page: Page) -> Locator:
    return page.get_by_role("group", name="Graph of the steps")


def _box(page: Page, path: str) -> Locator:
    return _graph(page).locator(f'.react-flow__node[data-id="{path}"]')


def test_a_group_closes_and_opens_by_its_arrow_without_selecting_it(page: Page, job: str) -> None:
    page.goto(f"/jobs/{job}?step=fetch")
    expect(_box(page, "build~.check")).to_be_visible()
    take_screenshots(page, "job-groups")
    check_accessibility(page, "main")
    turn = _box(page, "build").get_by_role("button", name="Steps of build")
    turn.click()
    expect(_box(page, "build~.check")).to_have_count(0)
    expect(_box(page, "build").get_by_role("img", name="Failed")).to_be_visible()
    expect(page).to_have_url(re.compile("step=fetch"))
    check_accessibility(page, "main")
    turn.click()
    expect(_box(page, "build~.check")).to_be_visible()


def test_a_group_closes_and_opens_by_a_key_and_stays_so(page: Page, job: str) -> None:
    page.goto(f"/jobs/{job}?step=build")
    expect(_box(page, "build~.check")).to_be_visible()
    page.keyboard.press("o")
    expect(_box(page, "build~.check")).to_have_count(0)
    for key in ("2", "1"):
        page.keyboard.press(key)
    expect(_box(page, "build")).to_be_visible()
    expect(_box(page, "build~.check")).to_have_count(0)
    _graph(page).focus()
    page.keyboard.press("ArrowRight")
    expect(page).to_have_url(re.compile("step=publish"))
    page.keyboard.press("ArrowLeft")
    page.goto(f"/jobs/{job}?step=build~.check")
    expect(_box(page, "build~.check")).to_be_visible()


def test_a_closed_group_stands_for_the_selected_step_in_it(page: Page, job: str) -> None:
    page.goto(f"/jobs/{job}?step=build~.compile")
    _box(page, "build").get_by_role("button", name="Steps of build").click()
    expect(_box(page, "build~.compile")).to_have_count(0)
    expect(page).to_have_url(re.compile("step=build~.compile"))
    page.keyboard.press("o")
    expect(_box(page, "build~.compile")).to_be_visible()


def test_the_list_shows_the_steps_in_their_group(page: Page, job: str) -> None:
    page.goto(f"/jobs/{job}?step=fetch")
    steps = page.get_by_role("treegrid", name="Steps")
    inside = steps.locator('[data-row="build~.check"]')
    expect(inside).to_have_attribute("aria-level", "2")
    steps.get_by_role("button", name="Close build").click()
    expect(inside).to_have_count(0)


def test_the_key_is_told(page: Page, job: str) -> None:
    page.goto(f"/jobs/{job}")
    expect(_box(page, "build")).to_be_visible()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_contain_text("Open or close the group")
