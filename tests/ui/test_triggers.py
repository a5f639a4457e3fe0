"""Triggers in a browser: their list, the coming week, and each verb."""

import json
import re
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.support.programs import PATIENCE_SECS
from tests.support.workspace_files import write_workspace
from tests.ui.accessibility import check_accessibility
from tests.ui.api import Api
from tests.ui.browser import Problems
from tests.ui.conftest import NewPage
from tests.ui.screenshots import take_screenshots

WORKFLOWS = """\
tasks:
  hello:
    input:
      name: {type: string, default: nobody}
    flow:
      greet: {type: shell, cmd: "echo hello"}
triggers:
  nightly:
    type: scheduler
    cron: "0 3 * * *"
    timezone: Europe/Oslo
    task: hello
  often:
    type: scheduler
    cron: "*/5 * * * *"
    task: hello
    enabled: false
  inbox:
    type: webhook
    name: in
    task: hello
    input: {name: "{{ body.name }}"}
"""

TRIGGERS = "/api/workspaces/default/triggers"


@pytest.fixture(scope="module")
def workspace_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with a schedule, one that is disabled, and a webhook."""
    return write_workspace(tmp_path_factory.mktemp("triggers"), WORKFLOWS, "triggers.yaml")


def request(api: Api, name: str) -> str:
    """Sends a request to the webhook and returns the id of its job."""
    sent = urllib.request.Request(
        f"{api.address}/hooks/in",
        data=json.dumps({"name": name}).encode(),
        headers={"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(sent, timeout=PATIENCE_SECS) as answer:
        return str(json.load(answer)["job_id"])


def test_the_list_is_filtered_by_the_url_and_opened_by_keys(page: Page) -> None:
    page.goto("/triggers")
    table = page.get_by_role("table", name="Triggers")
    expect(table.locator("tbody tr")).to_have_count(3)
    expect(table.get_by_text("disabled in git")).to_be_visible()
    page.get_by_role("button", name="Type").click()
    page.get_by_role("menuitem", name="Webhook").click()
    expect(table.locator("tbody tr")).to_have_count(1)
    expect(page).to_have_url("/triggers?type=webhook")
    page.get_by_role("button", name="Clear").click()
    page.get_by_placeholder("Workspace, name, task").fill("night")
    expect(table.locator("tbody tr")).to_have_count(1)
    page.get_by_placeholder("Workspace, name, task").blur()
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page).to_have_url("/triggers/default/nightly")


def test_nothing_found_can_be_cleared(page: Page) -> None:
    page.goto("/triggers?q=nothing-of-this-name")
    expect(page.get_by_text("Nothing matches the filters.")).to_be_visible()
    page.get_by_role("main").get_by_role("button", name="Clear").last.click()
    expect(page.get_by_role("link", name="default / nightly")).to_be_visible()


def test_the_focused_button_is_pressed_by_enter(page: Page) -> None:
    page.goto("/triggers")
    page.get_by_role("button", name="Pause default / nightly").press("Enter")
    expect(page.get_by_role("dialog")).to_contain_text("nightly")


def test_the_coming_week_shows_each_fire(page: Page) -> None:
    page.goto("/triggers")
    page.get_by_role("radio", name="Week").click()
    expect(page).to_have_url("/triggers?view=week")
    fires = page.locator("main a:visible").filter(has_text="hello default")
    expect(fires.first).to_be_visible()
    assert fires.count() in (6, 7, 8)
    fires.first.click()
    expect(page.get_by_role("heading", name="nightly")).to_be_visible()


def test_a_trigger_is_paused_with_a_reason_and_resumed(page: Page, api: Api) -> None:
    page.goto("/triggers/default/nightly")
    page.get_by_role("button", name="Pause").click()
    page.get_by_label("Reason").fill("the source moves")
    page.get_by_role("dialog").get_by_role("button", name="Pause").click()
    expect(page.get_by_text("the source moves")).to_be_visible()
    paused = api.get(f"{TRIGGERS}/nightly")["trigger"]
    assert (paused["state"], paused["paused"]["reason"]) == ("paused", "the source moves")
    page.goto("/triggers")
    page.get_by_role("button", name="Resume default / nightly").click()
    expect(page.get_by_role("button", name="Pause default / nightly")).to_be_visible()
    assert api.get(f"{TRIGGERS}/nightly")["trigger"]["state"] == "live"


def test_a_trigger_fires_now(page: Page, api: Api) -> None:
    page.goto("/triggers/default/nightly")
    before = len(api.get(f"{TRIGGERS}/nightly")["fires"])
    page.get_by_role("button", name="Fire now").click()
    page.get_by_role("dialog").get_by_role("button", name="Fire now").click()
    expect(page.get_by_role("link", name="Open the job")).to_be_visible()
    fires = api.get(f"{TRIGGERS}/nightly")["fires"]
    assert len(fires) == before + 1
    expect(page.get_by_role("table", name="Last fires").get_by_text(fires[0]["job_id"][:8])).to_be_visible()


def test_a_backfill_shows_its_times_before_it_begins(page: Page, api: Api) -> None:
    page.goto("/triggers/default/nightly?tab=backfill")
    page.get_by_label("From").fill("2026-01-01T00:00")
    page.get_by_label("To").fill("2026-01-03T23:00")
    page.get_by_label("Reason").fill("lost days")
    page.get_by_role("button", name="Show the times").click()
    expect(page.get_by_text("3 times would fire")).to_be_visible()
    assert api.get(f"{TRIGGERS}/nightly/backfills") == []
    page.get_by_role("button", name="Fire 3 times").click()
    table = page.get_by_role("table", name="Backfills")
    expect(table.get_by_text("lost days")).to_be_visible()
    (backfill,) = api.get(f"{TRIGGERS}/nightly/backfills")
    assert (backfill["instants"], backfill["reason"]) == (3, "lost days")


def test_a_long_backfill_is_cancelled(page: Page, api: Api) -> None:
    page.goto("/triggers/default/nightly?tab=backfill")
    page.get_by_label("From").fill("2024-01-01T00:00")
    page.get_by_label("To").fill("2025-12-31T00:00")
    page.get_by_role("button", name="Show the times").click()
    page.get_by_role("button", name="Fire 730 times").click()
    page.get_by_role("table", name="Backfills").get_by_role("button", name="Cancel").first.click()
    expect(page.get_by_text("No more times fire.")).to_be_visible()
    newest = api.get(f"{TRIGGERS}/nightly/backfills")[0]
    assert (newest["instants"], newest["status"]) == (730, "cancelled")


def test_a_request_is_delivered_again(page: Page, api: Api) -> None:
    request(api, "Ada")
    page.goto("/triggers/default/inbox?tab=requests")
    rows = page.locator("[data-delivery]")
    expect(rows).to_have_count(1)
    page.get_by_role("button", name="Redeliver").click()
    expect(page.get_by_text("Delivered again: started.")).to_be_visible()
    expect(rows).to_have_count(2)
    newest, first = api.get(f"{TRIGGERS}/inbox/deliveries")["items"]
    assert newest["redelivery_of"] == first["id"]


def test_a_request_opens_to_what_was_sent_and_answered(page: Page, api: Api) -> None:
    job = request(api, "Linus")
    delivery = api.get(f"{TRIGGERS}/inbox/deliveries")["items"][0]
    assert delivery["job_id"] == job
    page.goto("/triggers/default/inbox?tab=requests")
    row = page.get_by_role("button", name=re.compile(rf"^Request {delivery['id']}\b"))
    row.click()
    expect(page).to_have_url(f"/triggers/default/inbox?tab=requests&request={delivery['id']}")
    expect(page.get_by_text("Linus", exact=True)).to_be_visible()
    expect(page.get_by_text("content-type:")).to_be_visible()
    expect(page.locator("dl").filter(has_text="Answer").last).to_contain_text("200")
    check_accessibility(page, "main")
    take_screenshots(page, "triggers-request")
    row.press("Enter")
    expect(page).to_have_url("/triggers/default/inbox?tab=requests")
    expect(page.get_by_text("Linus", exact=True)).to_have_count(0)


def test_a_request_without_content_says_why(page: Page, api: Api, problems: Problems) -> None:
    sent = urllib.request.Request(f"{api.address}/hooks/in", b"[]", {"Content-Type": "application/json"})
    with pytest.raises(urllib.error.HTTPError):
        urllib.request.urlopen(sent, timeout=PATIENCE_SECS)
    number = api.get(f"{TRIGGERS}/inbox/deliveries")["items"][0]["id"]
    problems.expect("status of 500")
    page.route(f"**/api/deliveries/{number}", lambda route: route.fulfill(status=500, body="{}"), times=4)
    page.goto(f"/triggers/default/inbox?tab=requests&request={number}")
    expect(page.get_by_role("alert")).to_contain_text("The request cannot be shown.")
    page.get_by_role("alert").get_by_role("button", name="Try again").click()
    expect(page.locator("dl").filter(has_text="Answer").last).to_contain_text("400")


def test_a_request_is_tried_without_effect(page: Page, api: Api) -> None:
    before = len(api.get(f"{TRIGGERS}/inbox/deliveries")["items"])
    page.goto("/triggers/default/inbox?tab=test")
    page.get_by_label("Body").fill('{"name": "Grace"}')
    page.get_by_role("button", name="Test", exact=True).click()
    expect(page.get_by_text("It would be started")).to_be_visible()
    expect(page.get_by_text('"name": "Grace"').last).to_be_visible()
    assert len(api.get(f"{TRIGGERS}/inbox/deliveries")["items"]) == before


@pytest.mark.parametrize(
    "path",
    [
        "/triggers",
        "/triggers?view=week",
        "/triggers/default/nightly",
        "/triggers/default/nightly?tab=backfill",
        "/triggers/default/inbox?tab=requests",
        "/triggers/default/inbox?tab=test",
        "/triggers/default/nightly?tab=definition",
    ],
)
def test_pages_of_triggers_are_accessible(page: Page, path: str) -> None:
    page.goto(path)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.get_by_role("status", name="Loading")).to_have_count(0)
    check_accessibility(page)
    take_screenshots(page, f"triggers-{path.removeprefix('/').replace('/', '-').replace('?', '-').replace('=', '-')}")


def test_the_dialog_is_accessible(page: Page) -> None:
    page.goto("/triggers/default/nightly")
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    check_accessibility(page, "[role=dialog]")


def test_a_trigger_that_is_not_there_is_said_so(new_page: NewPage, problems: Problems) -> None:
    problems.expect("status of 404")
    page = new_page("/triggers/default/nowhere")
    expect(page.get_by_text("This trigger is not there.")).to_be_visible()
