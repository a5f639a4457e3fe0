"""The page of a job."""

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, ViewportSize, expect

from tests.support.wait import eventually_blocking
from tests.support.workspace_files import write_workspace
from tests.ui.accessibility import check_accessibility
from tests.ui.api import Api
from tests.ui.browser import Problems
from tests.ui.conftest import NewPage
from tests.ui.screenshots import take_screenshots

_WORKFLOWS = """\
tasks:
  broken:
    input:
      day: {type: string, default: monday}
      id: {type: integer, default: 9007199254740993}
    flow:
      fetch: {type: script, script: "echo fetched"}
      load:
        type: script
        depends_on: [fetch]
        retry: {max_attempts: 1, delay: 1}
        script: |
          echo "no such column: vat" >&2
          exit 2
      report: {type: script, depends_on: [load], script: "echo report"}
  waits:
    flow:
      nap: {type: script, script: "sleep 600"}
      after: {type: script, depends_on: [nap], script: "echo after"}
  asks:
    flow:
      gate:
        type: approval
        message: Publish it?
        timeout: 8h
        input:
          percent: {type: integer, default: 10}
  listens:
    flow:
      hear: {type: signal, signal: go-on}
      after: {type: script, depends_on: [hear], script: "echo after"}
  many:
    flow:
      all:
        for_each: "range(end=40)"
        type: script
        script: |
          if [ "{{ each.index }}" = 7 ]; then echo "seven is broken" >&2; exit 3; fi
          echo "item {{ each.index }}"
  regions:
    flow:
      region:
        for_each: "range(end=310)"
        steps:
          build: {type: script, when: "each.index == 305", script: "echo built {{ each.index }}"}
          check: {type: script, depends_on: [build], script: "echo checked {{ each.index }}"}
  grouped:
    flow:
      setup:
        steps:
          fetch: {type: script, script: "echo fetched"}
          unpack: {type: script, depends_on: [fetch], script: "echo unpacked"}
      use: {type: script, depends_on: [setup], script: "echo used"}
  files:
    flow:
      make:
        type: script
        artifacts: [out/**]
        script: |
          mkdir -p out
          echo "<h1>Report</h1>" > out/report.html
          echo "built well" > out/log.txt
  parent:
    flow:
      child: {type: task, task: files}
"""


@pytest.fixture(scope="module")
def workspace_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with a task for each thing that a job can do."""
    return write_workspace(tmp_path_factory.mktemp("job"), _WORKFLOWS, "tasks.yaml")


@pytest.fixture(scope="module")
def broken(api: Api) -> str:
    """A job that failed in its second step."""
    return str(api.run("broken")["job_id"])


def _step(page: Page, path: str) -> Locator:
    return page.get_by_role("treegrid", name="Steps").locator(f'[data-row="{path}"]')


def _waiting(api: Api, task: str, waits_for: str) -> str:
    """Starts a job; its id, once its first step waits."""
    job = api.start(task)
    eventually_blocking(
        lambda: api.get(f"/api/jobs/{job}")["steps"][0].get("waits_for") == waits_for, f"the step waits for {waits_for}"
    )
    return job


def _log(page: Page) -> Locator:
    return page.locator("[data-job-log]")


def test_a_job_that_is_not_there_is_told_within_the_frame(page: Page, problems: Problems) -> None:
    problems.expect("status of 404|not found")
    page.goto("/jobs/00000000-0000-0000-0000-000000000000")
    expect(page.get_by_role("main").get_by_role("alert")).to_contain_text(
        "\u201800000000-0000-0000-0000-000000000000\u2019 not found"
    )
    check_accessibility(page)


def test_a_failed_job_opens_at_the_failed_step(page: Page, broken: str) -> None:
    page.goto(f"/jobs/{broken}")
    expect(page).to_have_title(re.compile("^Failed broken"))
    expect(page.get_by_text("no such column: vat").first).to_be_visible()
    expect(_step(page, "load")).to_have_attribute("aria-selected", "true")
    expect(_log(page).get_by_text("no such column: vat")).to_be_visible()
    expect(_step(page, "report").get_by_role("img", name="Skipped")).to_be_visible()
    expect(_step(page, "report")).to_contain_text("Step \u2018load\u2019 did not complete")
    favicon = page.locator("link#favicon").get_attribute("href")
    assert favicon is not None
    assert favicon.startswith("data:image/svg+xml")


def test_the_beginning_of_an_id_leads_to_the_job_and_its_release(page: Page, broken: str) -> None:
    page.goto(f"/jobs/{broken[:8]}?tab=values")
    expect(page).to_have_url(re.compile(rf"/jobs/{broken}\?tab=values"))
    page.get_by_role("link", name="1", exact=True).click()
    expect(page).to_have_url(re.compile(r"/workspaces/default\?.*tab=changes"))
    page.get_by_role("link", name="Jobs of this release").click()
    expect(page).to_have_url(re.compile(r"/jobs\?.*release="))
    expect(page.locator(f'tr[data-job="{broken}"]')).to_be_visible()


def test_a_step_that_has_not_begun_has_no_lines_and_go_to_keys_work(page: Page, api: Api, problems: Problems) -> None:
    job = api.start("waits")
    page.goto(f"/jobs/{job}?step=nap")
    expect(_step(page, "nap")).to_have_attribute("aria-selected", "true")
    page.keyboard.press("j")
    expect(_step(page, "after")).to_have_attribute("aria-selected", "true")
    expect(_log(page)).to_contain_text("No lines yet: the step has not begun.")
    page.keyboard.press("g")
    page.keyboard.press("w")
    expect(page).to_have_url(re.compile("/workspaces$"))
    api.post(f"/api/jobs/{job}/cancel")


def test_one_selection_for_graph_list_and_log(page: Page, broken: str) -> None:
    page.goto(f"/jobs/{broken}")
    page.get_by_role("group", name="Graph of the steps").get_by_text("fetch").click()
    expect(page).to_have_url(re.compile("step=fetch"))
    expect(_step(page, "fetch")).to_have_attribute("aria-selected", "true")
    expect(_log(page).get_by_text("fetched")).to_be_visible()
    graph = page.get_by_role("group", name="Graph of the steps")
    graph.focus()
    graph.press("ArrowRight")
    expect(page).to_have_url(re.compile("step=load"))
    page.keyboard.press("k")
    expect(page).to_have_url(re.compile("step=fetch"))
    page.keyboard.press("n")
    expect(page).to_have_url(re.compile("step=load"))


def test_attempts_have_rows_and_logs(page: Page, broken: str) -> None:
    page.goto(f"/jobs/{broken}?step=load")
    expect(_step(page, "load")).to_contain_text("2 attempts")
    page.get_by_role("row").filter(has_text="attempt 1").click()
    expect(page).to_have_url(re.compile("attempt=1"))
    for _ in range(2):
        _step(page, "load").press("ArrowLeft")
    expect(page.get_by_role("row").filter(has_text="attempt 1")).to_have_count(0)


def test_tabs_have_keys_and_stand_in_the_address(page: Page, broken: str) -> None:
    page.goto(f"/jobs/{broken}")
    expect(page.get_by_role("tab", name="Steps")).to_be_visible()
    for key, tab in (("2", "values"), ("3", "artifacts"), ("4", "jobs"), ("5", "history")):
        page.keyboard.press(key)
        expect(page).to_have_url(re.compile(f"tab={tab}"))
    expect(page.get_by_role("list", name="Changes").get_by_text("report")).not_to_have_count(0)
    page.keyboard.press("1")
    expect(page).not_to_have_url(re.compile("tab="))


def test_long_numbers_keep_their_digits(page: Page, broken: str) -> None:
    page.goto(f"/jobs/{broken}?tab=values")
    expect(page.get_by_role("tabpanel").or_(page.locator("main")).get_by_text("9007199254740993").last).to_be_visible()


def test_a_loop_shows_its_failed_items_first(page: Page, api: Api) -> None:
    job = api.run("many")["job_id"]
    page.goto(f"/jobs/{job}")
    items = page.get_by_role("list", name="Items of all")
    expect(items.get_by_role("listitem")).to_have_count(1)
    expect(items).to_contain_text("seven is broken")
    expect(_log(page).get_by_text("seven is broken")).to_be_visible()
    page.get_by_title("39 completed").click()
    expect(items).to_contain_text("all[0]")
    page.get_by_placeholder("Item or value").fill("12")
    expect(items.get_by_role("listitem")).to_have_count(1)
    items.get_by_role("button", name="all[12]").click()
    expect(_log(page).get_by_text("item 12")).to_be_visible()


def test_an_item_of_a_long_loop_opens_to_its_own_steps(page: Page, api: Api) -> None:
    job = api.run("regions")["job_id"]
    page.goto(f"/jobs/{job}?step=region")
    page.get_by_role("button", name="Open region").click()
    page.get_by_placeholder("Item or value").fill("305")
    page.get_by_role("list", name="Items of region").get_by_role("button", name="region[305]").click()
    rows = page.get_by_role("treegrid", name="Steps").locator("[data-row]")
    item = rows.filter(has_text="[305]")
    expect(item).to_have_attribute("aria-selected", "true")
    item.dblclick()
    rows.filter(has_text="check").click()
    expect(page).to_have_url(re.compile(r"step=region%5B305%5D\.check"))
    expect(_log(page).get_by_text("checked 305")).to_be_visible()
    check_accessibility(page, "main")
    take_screenshots(page, "job-loop-item")
    page.reload()
    expect(rows.filter(has_text="check")).to_have_attribute("aria-selected", "true")
    expect(_log(page).get_by_text("checked 305")).to_be_visible()
    inside = api.get(f"/api/jobs/{job}/steps/region%5B305%5D/inside")["steps"]
    assert [step["status"] for step in inside] == ["completed"] * 3


def test_steps_of_a_group_lie_in_it(page: Page, api: Api) -> None:
    job = api.run("grouped")["job_id"]
    page.goto(f"/jobs/{job}?step=setup~.unpack")
    rows = page.get_by_role("treegrid", name="Steps").locator("[data-row]")
    unpack = rows.filter(has_text="unpack")
    expect(unpack).to_have_attribute("aria-level", "2")
    expect(_log(page).get_by_text("unpacked")).to_be_visible()
    page.get_by_role("button", name="Close setup").click()
    expect(unpack).to_have_count(0)


def test_artifacts_are_shown_and_downloaded(page: Page, api: Api) -> None:
    job = api.run("files")["job_id"]
    page.goto(f"/jobs/{job}?tab=artifacts")
    page.get_by_role("button", name="out/log.txt").click()
    expect(page.get_by_text("built well")).to_be_visible()
    page.get_by_role("button", name="out/report.html").click()
    frame = page.frame_locator("iframe[title='out/report.html']")
    expect(frame.get_by_role("heading", name="Report")).to_be_visible()
    assert page.locator("iframe").get_attribute("sandbox") == ""
    with page.expect_download() as download:
        page.get_by_role("link", name="Download out/log.txt").click()
    assert Path(download.value.path()).read_text() == "built well\n"


def test_children_and_their_parent_are_linked(page: Page, api: Api) -> None:
    job = api.run("parent")["job_id"]
    page.goto(f"/jobs/{job}?tab=jobs")
    page.locator("main").get_by_role("link", name="files").click()
    expect(page.get_by_role("heading", name="files", level=1)).to_be_visible()
    page.get_by_role("link", name="child of parent").click()
    expect(page).to_have_url(re.compile(job))


def test_a_job_is_paused_resumed_and_cancelled(page: Page, api: Api) -> None:
    job = api.start("waits")
    api.await_job(job, "running")
    page.goto(f"/jobs/{job}")
    page.get_by_role("button", name="Pause", exact=True).click()
    expect(page.get_by_text("no further steps start")).to_be_visible()
    assert api.get(f"/api/jobs/{job}")["paused_at"]
    page.keyboard.press("p")
    expect(page.get_by_text("no further steps start")).to_have_count(0)
    assert not api.get(f"/api/jobs/{job}")["paused_at"]
    page.keyboard.press("c")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("1 step that runs is told to end")
    check_accessibility(page, "[role=dialog]")
    dialog.get_by_role("button", name="Cancel the job").click()
    expect(page.locator("main").get_by_text("Cancelled").first).to_be_visible()
    api.await_job(job, "cancelled")


def test_a_step_is_held_before_it_starts(page: Page, api: Api) -> None:
    job = api.start("waits")
    api.await_job(job, "running")
    page.goto(f"/jobs/{job}")
    page.get_by_role("button", name="More").click()
    page.get_by_role("menuitem", name="Pause before a step").click()
    page.get_by_role("button", name="Pause before it").click()
    expect(page.get_by_text("it is held when its turn comes")).to_be_visible()
    assert [one["step_name"] for one in api.get(f"/api/jobs/{job}")["paused_steps"]] == ["after"]
    page.get_by_role("button", name="Let it start").click()
    expect(page.get_by_text("it is held when its turn comes")).to_have_count(0)
    api.post(f"/api/jobs/{job}/cancel")


def test_an_approval_is_answered(page: Page, api: Api) -> None:
    job = _waiting(api, "asks", "approval")
    page.goto(f"/jobs/{job}")
    expect(page.get_by_text("asks: “Publish it?”")).to_be_visible()
    page.get_by_role("button", name="Review").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("percent").fill("25")
    dialog.get_by_label("Comment").fill("looks right")
    dialog.get_by_role("button", name="Approve").click()
    expect(page.locator("main").get_by_text("Completed").first).to_be_visible()
    (step,) = api.await_job(job)["steps"]
    assert step["output"]["input"] == {"percent": 25}
    assert step["output"]["comment"] == "looks right"


def test_a_signal_is_sent(page: Page, api: Api) -> None:
    job = _waiting(api, "listens", "signal:go-on")
    page.goto(f"/jobs/{job}")
    page.get_by_role("button", name="Send…").click()
    page.get_by_label("Payload").fill('{"size": 9007199254740993}')
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.get_by_text("Signal go-on sent")).to_be_visible()
    assert api.await_job(job, "completed")["steps"][0]["output"]["size"] == 9007199254740993


def test_a_job_runs_again_after_its_plan(page: Page, api: Api, broken: str) -> None:
    page.goto(f"/jobs/{broken}")
    expect(page.get_by_role("button", name="Run again")).to_be_visible()
    page.keyboard.press("r")
    sheet = page.get_by_role("dialog")
    expect(sheet).to_contain_text("2 steps run again, 1 is kept")
    sheet.get_by_role("radio", name="All of it").click()
    expect(sheet).to_contain_text("3 steps run again")
    sheet.get_by_label("With changed input").click()
    box = sheet.get_by_label("Input JSON")
    expect(box).to_have_value(re.compile('"day": "'))
    box.fill("{")
    expect(sheet.get_by_text("This is no JSON")).to_be_visible()
    box.fill('{"day": "tuesday"}')
    check_accessibility(page, "[role=dialog]")
    sheet.get_by_role("button", name="Run again").click()
    expect(page).not_to_have_url(re.compile(broken))
    started = page.url.split("/")[-1].split("?")[0]
    job: Any = api.await_job(started)
    assert job["input"]["day"] == "tuesday"
    assert job["source_job_id"] == broken


def test_two_jobs_are_compared(page: Page, api: Api) -> None:
    one = api.run("broken", day="friday")["job_id"]
    other = api.run("broken", day="sunday")["job_id"]
    page.goto(f"/jobs/{other}")
    page.get_by_role("button", name="Compare").click()
    expect(page).to_have_url(re.compile("/compare"))
    expect(page.locator("main")).to_contain_text("friday")
    expect(page.locator("main")).to_contain_text("sunday")
    expect(page.get_by_role("link", name=one[:8])).to_be_visible()
    check_accessibility(page, "main")


@pytest.mark.parametrize("width", [1440, 1024, 390])
@pytest.mark.parametrize("tab", ["steps", "values", "artifacts", "jobs", "history"])
def test_a_job_is_accessible(new_page: NewPage, broken: str, width: int, tab: str) -> None:
    page = new_page(f"/jobs/{broken}?tab={tab}", size=ViewportSize(width=width, height=844))
    expect(page.get_by_role("tab", name="Steps")).to_be_visible()
    expect(page.get_by_label("Loading")).to_have_count(0)
    check_accessibility(page, "main")


def test_a_narrow_page_has_facts_steps_and_log_below_each_other(new_page: NewPage, broken: str) -> None:
    page = new_page(f"/jobs/{broken}", size=ViewportSize(width=390, height=844))
    boxes = [
        page.locator("main dl").first.bounding_box(),
        page.get_by_role("treegrid").bounding_box(),
        _log(page).bounding_box(),
    ]
    tops = [box["y"] for box in boxes if box]
    assert len(tops) == 3
    assert tops == sorted(tops)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_screenshots(page: Page, broken: str) -> None:
    page.goto(f"/jobs/{broken}")
    expect(_log(page).get_by_text("no such column: vat")).to_be_visible()
    take_screenshots(page, "job")
