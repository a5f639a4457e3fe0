"""The list of tasks, and what the page of a task shows beside its form."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, ViewportSize, expect

from tests.support.workspace_files import write_workspace
from tests.ui.accessibility import check_accessibility
from tests.ui.api import Api
from tests.ui.browser import Problems
from tests.ui.conftest import NewPage
from tests.ui.screenshots import take_screenshots

_MANY = "".join(
    f"      group{n}:\n        steps:\n          a: {{type: script, script: 'echo a'}}\n" for n in range(40)
)
_STEPS = 3000
_WIDE = "".join(
    f"      s{n}: {{type: script, script: 'echo {n}', depends_on: [{f's{n - 20}' if n >= 20 else ''}]}}\n"
    for n in range(_STEPS)
)
_WORKFLOWS = f"""\
tasks:
  hello:
    description: Greets somebody.
    flow:
      greet: {{type: script, script: "echo hello"}}
  broken:
    flow:
      first: {{type: script, script: "exit 3"}}
  month-end-report:
    folder: finance/reports
    flow:
      fetch: {{type: script, script: "echo fetch"}}
      build:
        depends_on: [fetch]
        steps:
          tables: {{type: script, script: "echo tables"}}
          inner:
            steps:
              deep: {{type: script, script: "echo deep"}}
      mail: {{type: script, depends_on: [build], script: "echo mail"}}
  invoices:
    folder: finance
    flow:
      send: {{type: script, script: "echo send"}}
  many:
    flow:
{_MANY}
  wide:
    flow:
{_WIDE}
triggers:
  month-end:
    type: scheduler
    cron: "0 6 1 * *"
    task: month-end-report
"""
_REPORT = "/tasks/default/month-end-report"


@pytest.fixture(scope="module")
def workspace_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with tasks in folders, and flows with groups."""
    return write_workspace(tmp_path_factory.mktemp("tasks"), _WORKFLOWS, "all.yaml")


def _rows(page: Page) -> Locator:
    return page.get_by_role("main").locator("tbody tr").filter(has=page.locator("a[href^='/tasks/']"))


def _graph(page: Page) -> Locator:
    return page.get_by_role("group", name="Steps of the task")


def _box(page: Page, name: str) -> Locator:
    return _graph(page).locator(f'.react-flow__node[data-id="{name}"]')


def test_folders_narrow_the_list_and_stand_in_the_address(page: Page) -> None:
    page.goto("/tasks")
    tree = page.get_by_role("tree", name="Folders")
    expect(_rows(page)).to_have_count(6)
    tree.get_by_role("treeitem", name="finance").click()
    expect(page).to_have_url(re.compile("workspace=default.*folder=finance"))
    expect(_rows(page)).to_have_count(2)
    tree.get_by_role("treeitem", name="reports").click()
    expect(_rows(page)).to_have_count(1)
    page.reload()
    expect(_rows(page)).to_have_count(1)
    expect(tree.get_by_role("treeitem", name="reports")).to_have_attribute("aria-selected", "true")
    page.get_by_role("button", name="Clear").click()
    expect(_rows(page)).to_have_count(6)
    expect(page).to_have_url(re.compile("/tasks$"))


def test_folders_are_walked_opened_and_closed_by_keys(page: Page) -> None:
    page.goto("/tasks")
    tree = page.get_by_role("tree", name="Folders")
    tree.get_by_role("treeitem", name="All workspaces").focus()
    for key in ("ArrowDown", "ArrowDown"):
        page.keyboard.press(key)
    finance = tree.get_by_role("treeitem", name="finance")
    expect(finance).to_be_focused()
    page.keyboard.press("ArrowLeft")
    expect(finance).to_have_attribute("aria-expanded", "false")
    expect(tree.get_by_role("treeitem", name="reports")).to_have_count(0)
    page.keyboard.press("ArrowRight")
    expect(tree.get_by_role("treeitem", name="reports")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("folder=finance"))


def test_the_search_forgives_gaps_and_order(page: Page) -> None:
    page.goto("/tasks")
    expect(_rows(page)).to_have_count(6)
    page.keyboard.press("/")
    page.keyboard.type("report month")
    expect(page).to_have_url(re.compile("q=report"))
    expect(_rows(page)).to_have_count(1)
    expect(_rows(page)).to_contain_text("month-end-report")
    page.get_by_placeholder("Search tasks").fill("greets")
    expect(_rows(page)).to_contain_text("hello")
    page.get_by_placeholder("Search tasks").fill("xyzxyz")
    expect(page.get_by_text("Nothing matches")).to_be_visible()


def test_rows_are_walked_opened_and_run_by_keys(page: Page) -> None:
    page.goto("/tasks?q=invoices")
    expect(_rows(page)).to_have_count(1)
    page.keyboard.press("j")
    expect(_rows(page).first).to_have_attribute("aria-current", "true")
    page.keyboard.press("r")
    expect(page).to_have_url(re.compile("/tasks/default/invoices.*run=true"))
    page.go_back()
    expect(page).to_have_url(re.compile("q=invoices"))
    expect(_rows(page)).to_have_count(1)
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/tasks/default/invoices$"))


def test_rows_show_the_last_outcomes_and_are_sorted_by_them(page: Page, api: Api) -> None:
    api.run("hello")
    api.run("broken")
    page.goto("/tasks")
    expect(_rows(page).filter(has_text="broken").get_by_role("img", name="1 of the last 1 failed")).to_be_visible()
    expect(_rows(page).filter(has_text="invoices")).to_contain_text("never ran")
    page.get_by_role("columnheader", name="Success").get_by_role("button").click()
    expect(page).to_have_url(re.compile("sort="))
    expect(_rows(page).first).to_contain_text("broken")


@pytest.mark.parametrize("width", [1440, 390])
def test_the_list_is_accessible(new_page: NewPage, width: int) -> None:
    page = new_page("/tasks", size=ViewportSize(width=width, height=844))
    expect(page.get_by_role("link").filter(has_text="invoices").first).to_be_visible()
    check_accessibility(page, "main")


def test_groups_of_the_graph_close_and_open(page: Page) -> None:
    page.goto(_REPORT)
    turn = _box(page, "build").get_by_role("button", name="Steps of build")
    expect(_box(page, "build~.inner~.deep")).to_be_visible()
    expect(turn).to_have_attribute("aria-expanded", "true")
    check_accessibility(page, "main")
    take_screenshots(page, "task-groups")
    before = turn.bounding_box()
    turn.click()
    expect(turn).to_have_attribute("aria-expanded", "false")
    expect(_box(page, "build")).to_contain_text("2 steps")
    expect(_box(page, "build~.tables")).to_have_count(0)
    expect(_graph(page).locator(".react-flow__edge")).to_have_count(2)
    after = turn.bounding_box()
    assert before
    assert after
    assert abs(before["x"] - after["x"]) < 20
    assert abs(before["y"] - after["y"]) < 20
    page.get_by_role("tab", name="Triggers").click()
    expect(_box(page, "build~.tables")).to_have_count(0)
    turn.focus()
    page.keyboard.press("Enter")
    expect(_box(page, "build~.tables")).to_be_visible()
    expect(turn).to_be_focused()
    _box(page, "build~.inner").get_by_role("button", name="Steps of inner").click()
    expect(_box(page, "build~.inner~.deep")).to_have_count(0)
    expect(_box(page, "build~.tables")).to_be_visible()


def test_boxes_show_the_type_of_their_action(page: Page) -> None:
    page.goto(_REPORT)
    expect(_box(page, "fetch").get_by_role("img", name="script")).to_be_visible()
    expect(_box(page, "build~.inner~.deep").get_by_role("img", name="script")).to_be_visible()


def test_a_big_graph_starts_with_its_groups_closed(page: Page) -> None:
    page.goto("/tasks/default/many")
    expect(_graph(page).locator(".react-flow__node")).to_have_count(40)
    _box(page, "group7").get_by_role("button").click()
    expect(_graph(page).locator(".react-flow__node")).to_have_count(41)


def test_thousands_of_steps_have_a_graph(page: Page) -> None:
    page.goto("/tasks/default/wide")
    expect(_box(page, "s0")).to_be_in_viewport()
    expect(_box(page, f"s{_STEPS - 1}")).to_have_count(0)  # what is out of sight is not drawn


def test_the_graph_is_zoomed_by_buttons_and_keys(page: Page) -> None:
    page.goto(_REPORT)
    box = _box(page, "fetch")

    def width() -> float:
        found = box.bounding_box()
        return found["width"] if found else 0

    expect(box).to_be_visible()
    whole = width()
    _graph(page).get_by_role("button", name="Smaller").click()
    page.wait_for_function(
        "([node, was]) => node.getBoundingClientRect().width < was", arg=[box.element_handle(), whole]
    )
    small = width()
    box.focus()
    page.keyboard.press("+")
    page.wait_for_function(
        "([node, was]) => node.getBoundingClientRect().width > was", arg=[box.element_handle(), small]
    )
    page.keyboard.press("0")
    page.wait_for_function(
        "([node, was]) => Math.abs(node.getBoundingClientRect().width - was) < 1", arg=[box.element_handle(), whole]
    )


def test_the_library_of_the_graph_is_named_quietly(page: Page) -> None:
    page.goto(_REPORT)
    link = _graph(page).get_by_role("link", name="React Flow")
    expect(link).to_be_visible()
    expect(link).to_have_attribute("href", re.compile("^https://reactflow.dev"))


def test_the_history_has_bars_that_lead_to_their_jobs(page: Page, api: Api) -> None:
    job = api.run("month-end-report")["job_id"]
    page.goto(_REPORT)
    expect(page.get_by_role("heading", name="How long it took")).to_be_visible()
    jobs = page.get_by_role("main").locator(f'a[href^="/jobs/{job}"]')
    expect(jobs).to_have_count(2)
    expect(page.get_by_role("main").locator("dl")).to_contain_text("100 %")
    page.get_by_role("radio", name="7 days").click()
    expect(page).to_have_url(re.compile("span=7d"))
    expect(jobs).to_have_count(2)
    jobs.first.click()
    expect(page).to_have_url(re.compile(f"/jobs/{job}"))


def test_a_job_that_runs_meanwhile_appears(page: Page, api: Api) -> None:
    page.goto("/tasks/default/invoices")
    expect(page.get_by_text("No job of this task in this span.")).to_be_visible()
    job = api.run("invoices")["job_id"]
    expect(page.get_by_role("main").locator(f'table a[href^="/jobs/{job}"]')).to_be_visible()


def test_the_triggers_of_a_task_are_listed_and_lead_to_theirs(page: Page) -> None:
    page.goto(_REPORT)
    page.get_by_role("button", name="1 trigger").click()
    expect(page).to_have_url(re.compile("pane=triggers"))
    row = page.get_by_role("listitem").filter(has_text="month-end")
    expect(row).to_contain_text("next")
    row.get_by_role("link", name="month-end").click()
    expect(page).to_have_url(re.compile("/triggers/default/month-end"))
    page.goto("/tasks/default/hello?pane=triggers")
    expect(page.get_by_text("No trigger starts this task")).to_be_visible()


def test_the_definition_is_shown_with_its_place(page: Page) -> None:
    page.goto(_REPORT)
    page.get_by_role("tab", name="Definition").click()
    expect(page).to_have_url(re.compile("pane=definition"))
    line = _WORKFLOWS.split("\n").index("  month-end-report:") + 1
    expect(page.get_by_text(f".workflows/all.yaml:{line}")).to_be_visible()
    shown = page.get_by_role("region", name="Definition")
    expect(shown).to_contain_text("folder: finance/reports")
    expect(shown).not_to_contain_text("invoices")
    check_accessibility(page, "main")


def test_a_task_that_is_not_there_is_told(page: Page, problems: Problems) -> None:
    problems.expect("status of 404|not found")
    page.goto("/tasks/default/nothing")
    expect(page.get_by_role("main").get_by_role("alert")).to_contain_text("nothing")
