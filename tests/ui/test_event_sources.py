"""Event sources in a browser: their consumer, and events that could not start a job."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.support.wait import eventually_blocking
from tests.support.workspace_files import write_workspace
from tests.ui.accessibility import check_accessibility
from tests.ui.api import Api
from tests.ui.screenshots import take_screenshots

WORKFLOWS = """\
tasks:
  feed:
    flow:
      listen:
        type: script
        script: |
          for n in 1 2 3; do echo "EVENT: {\\"id\\": \\"$n\\", \\"data\\": {\\"order\\": \\"A-$n\\"}}"; done
          sleep 600
  handle:
    input:
      order: {type: integer, required: true}
    flow:
      show: {type: script, script: "echo order"}
triggers:
  orders:
    type: event_source
    task: feed
    target_task: handle
"""

LETTERS = "/api/workspaces/default/triggers/orders/dead-letters"
PAGE = "/triggers/default/orders?tab=dead-letters"


@pytest.fixture(scope="module")
def workspace_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with an event source whose events do not fit its task."""
    return write_workspace(tmp_path_factory.mktemp("sources"), WORKFLOWS, "sources.yaml")


@pytest.fixture(scope="module")
def letters(api: Api) -> Any:
    """The dead letters of the three events, the newest first."""

    def found() -> Any:
        page = api.get(LETTERS)
        return page["items"] if page["total"] == 3 else None

    return eventually_blocking(found, "three events are dead letters")


def test_dead_letters_are_shown_with_their_events(page: Page, letters: Any) -> None:
    page.goto("/triggers/default/orders")
    page.get_by_role("tab", name="Dead letters").click()
    expect(page).to_have_url(PAGE)
    rows = page.locator("[data-letter]")
    expect(rows).to_have_count(3)
    rows.first.locator("summary").click()
    expect(rows.first.locator("pre")).to_contain_text('"order": "A-3"')
    check_accessibility(page, "main")
    take_screenshots(page, "triggers-dead-letters")


def test_one_that_still_does_not_fit_stays(page: Page, api: Api, letters: Any) -> None:
    page.goto(PAGE)
    row = page.locator(f'[data-letter="{letters[0]["id"]}"]')
    row.get_by_role("button", name="Retry").click()
    expect(page.get_by_text("0 events settled, 1 stay")).to_be_visible()
    expect(row).to_contain_text("tried 1 time again")
    assert api.get(LETTERS)["total"] == 3


def test_one_is_dropped_after_a_question(page: Page, api: Api, letters: Any) -> None:
    page.goto(PAGE)
    page.locator(f'[data-letter="{letters[0]["id"]}"]').get_by_role("button", name="Drop").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Drop the event?")
    check_accessibility(page, "[role=dialog]")
    dialog.get_by_role("button", name="Drop").click()
    expect(page.locator("[data-letter]")).to_have_count(2)
    assert [one["id"] for one in api.get(LETTERS)["items"]] == [one["id"] for one in letters[1:]]


def test_they_are_tried_again_once_the_task_is_mended(page: Page, api: Api, letters: Any, workspace_dir: Path) -> None:
    file = workspace_dir / ".workflows" / "sources.yaml"
    file.write_text(WORKFLOWS.replace("type: integer", "type: string"))
    field = "/api/workspaces/default/tasks/handle"
    eventually_blocking(lambda: api.get(field)["input"]["order"]["type"] == "string", "the mended release is current")
    page.goto(PAGE)
    page.locator("[data-letter]").first.get_by_role("button", name="Retry").click()
    expect(page.get_by_text("1 event settled.")).to_be_visible()
    expect(page.locator("[data-letter]")).to_have_count(1)
    page.get_by_role("button", name="Retry all").click()
    expect(page.get_by_text("None: each event has started a job or was filtered.")).to_be_visible()
    jobs = api.get("/api/jobs", workspace="default", task_name="handle")
    assert jobs["total"] == 2


def test_a_stopped_consumer_is_told_and_started_again(page: Page, api: Api, letters: Any) -> None:
    path = "/api/workspaces/default/triggers/orders"
    api.post(f"/api/jobs/{api.get(path)['consumer']['job_id']}/cancel")
    eventually_blocking(lambda: api.get(path)["consumer"]["state"] == "stopped", "the consumer is stopped")
    page.goto("/triggers/default/orders")
    expect(page.locator("dl").filter(has_text="Failures in a row")).to_contain_text("stopped")
    page.get_by_role("button", name="Start again").click()
    eventually_blocking(lambda: api.get(path)["consumer"]["state"] == "running", "the consumer runs again")
    expect(page.locator("dl").filter(has_text="Failures in a row")).to_contain_text("running")
