"""The form that runs a task: its fields, what it tells, and what it keeps."""

import re
from pathlib import Path
from typing import Any

import orjson
import pytest
from playwright.sync_api import Locator, Page, ViewportSize, expect

from tests.support.workspace_files import write_workspace
from tests.ui.accessibility import check_accessibility
from tests.ui.api import Api
from tests.ui.browser import Problems
from tests.ui.conftest import NewPage
from tests.ui.screenshots import take_screenshots

_WORKFLOWS = r"""
secrets:
  shop: {password: from-somewhere-safe}
connection_types:
  database:
    host: {required: true}
    port: {type: integer, default: 5432}
connections:
  main: {type: database, host: db.example.org}
  replica: {type: database, host: replica.example.org}
tasks:
  deploy:
    description: Brings a version to the hosts.
    input:
      version: {required: true, pattern: '\d+\.\d+\.\d+', name: Version, description: As in the release notes}
      notes: {type: text, max_length: 200}
      replicas: {type: integer, min: 1, max: 10, default: 2}
      serial: {type: integer}
      ratio: {type: number}
      is_loud: {type: boolean, default: true}
      country: {options: [norway, sweden], default: norway}
      hosts: {multiple: true, options: [a, b, c, d], max_items: 3, default: [a]}
      labels: {multiple: true}
      day: {type: date}
      not_before: {type: datetime}
      pin: {secret: true, min_length: 4}
      database: {type: database, default: main}
      region: {options_from: {task: find-regions, path: list.regions, input: {country: "{{ input.country }}"}}}
    flow:
      show: {type: script, script: "echo '{{ input.version }}'"}
      proud: {type: script, depends_on: [show], when: "{{ input.is_loud }}", script: "echo loud"}
  find-regions:
    input: {country: {required: true}}
    flow:
      list:
        type: script
        script: |
          echo 'OUTPUT: {"regions": [{"value": "{{ input.country }}-1", "label": "First"}]}'
  plain:
    flow:
      only: {type: script, script: "echo only"}
"""
_TASK = "/tasks/default/deploy"


@pytest.fixture(scope="module")
def workspace_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with a task that takes a field of each type."""
    return write_workspace(tmp_path_factory.mktemp("form"), _WORKFLOWS, "deploy.yaml")


def _form(page: Page) -> Locator:
    return page.get_by_role("region", name="Run", exact=True)


def _field(page: Page, name: str) -> Locator:
    return page.locator(f'[data-field="{name}"]')


def _choose(page: Page, field: str, *options: str) -> None:
    """Chooses options in the list of a field."""
    _field(page, field).get_by_role("combobox").click()
    for option in options:
        page.get_by_role("option", name=option, exact=True).click()
    page.keyboard.press("Escape")
    expect(page.get_by_role("listbox")).to_have_count(0)


def _run(page: Page, api: Api) -> Any:
    """Runs the task and returns the job once it has ended."""
    _form(page).get_by_role("button", name="Run", exact=True).click()
    expect(page).to_have_url(re.compile("/jobs/[0-9a-f-]{36}"))
    found = re.search("/jobs/([0-9a-f-]{36})", page.url)
    assert found is not None
    return api.await_job(found[1])


def test_a_field_of_each_type_is_filled_in_and_runs(page: Page, api: Api) -> None:
    page.goto(_TASK)
    form = _form(page)
    expect(form.get_by_label("Version")).to_have_value("")
    expect(form.get_by_text(re.compile("As in the release notes"))).to_be_visible()
    expect(form.get_by_text("1 to 10")).to_be_visible()
    expect(form.get_by_label("replicas")).to_have_value("2")
    expect(form.get_by_label("is_loud")).to_be_checked()
    expect(_field(page, "country").get_by_role("combobox")).to_have_text("norway")
    take_screenshots(page, "run-form")
    form.get_by_label("Version").fill("1.2.3")
    form.get_by_label("notes").fill("first\nsecond")
    form.get_by_label("replicas").fill("3")
    form.get_by_label("serial").fill("9223372036854775807")
    form.get_by_label("ratio").fill("0.25")
    form.get_by_label("is_loud").click()
    _choose(page, "country", "sweden")
    _choose(page, "hosts", "b", "c")
    _field(page, "labels").get_by_role("combobox").click()
    page.get_by_placeholder("Search, or type another").fill("blue")
    page.get_by_role("option", name="Add “blue”").click()
    page.keyboard.press("Escape")
    form.get_by_label("day", exact=False).first.fill("2026-11-26")
    form.get_by_label("not_before").fill("2026-11-26T09:00:00")
    form.get_by_label("pin").fill("secret-pin")
    _choose(page, "database", "replica")
    _field(page, "region").get_by_role("combobox").click()
    page.get_by_role("option", name="First").click()
    job = _run(page, api)
    assert job["status"] == "completed"
    given = job["raw_input"]
    assert {name: given[name] for name in ("version", "notes", "replicas", "serial", "ratio", "is_loud")} == {
        "version": "1.2.3",
        "notes": "first\nsecond",
        "replicas": 3,
        "serial": 9223372036854775807,
        "ratio": 0.25,
        "is_loud": False,
    }
    assert {name: given[name] for name in ("country", "hosts", "labels", "day", "database", "region")} == {
        "country": "sweden",
        "hosts": ["a", "b", "c"],
        "labels": ["blue"],
        "day": "2026-11-26",
        "database": "replica",
        "region": "sweden-1",
    }
    assert given["not_before"] == "2026-11-26T09:00:00+01:00"
    assert "secret-pin" not in orjson.dumps(job).decode()


def test_values_of_a_connection_are_written_as_json(page: Page, api: Api) -> None:
    page.goto(f'{_TASK}?input={{"version":"1.0.0"}}')
    _choose(page, "database", "Own values")
    box = _field(page, "database").get_by_role("textbox")
    box.fill('{"host": ')
    expect(_field(page, "database").get_by_text("No JSON yet")).to_be_visible()
    expect(_form(page).get_by_role("button", name="Run", exact=True)).to_be_disabled()
    box.fill('{"host": "own.example.org", "port": 5433}')
    job = _run(page, api)
    assert job["raw_input"]["database"] == {"host": "own.example.org", "port": 5433}


def test_mistakes_stand_at_their_fields_as_the_server_tells_them(page: Page, problems: Problems) -> None:
    problems.expect("status of 400")
    page.goto(_TASK)
    form = _form(page)
    form.get_by_label("replicas").fill("20")
    form.get_by_label("pin").fill("12")
    form.get_by_role("button", name="Run", exact=True).click()
    expect(_field(page, "version").get_by_role("alert")).to_have_text("is required (string)")
    expect(_field(page, "replicas").get_by_role("alert")).to_have_text("must be at most 10")
    expect(_field(page, "pin").get_by_role("alert")).to_have_text("must have at least 4 characters, has 2")
    expect(form.get_by_label("Version")).to_be_focused()
    expect(form.locator("[aria-invalid=true]")).to_have_count(3)
    check_accessibility(page, "main")
    form.get_by_role("radio", name="JSON").click()
    expect(form.get_by_text("replicas: must be at most 10")).to_be_visible()
    expect(page).to_have_url(re.compile(_TASK))


def test_the_last_input_and_its_secret_are_taken_over(page: Page, api: Api) -> None:
    before = api.run("deploy", version="2.0.0", pin="kept-pin", labels=["x"], is_loud=False)
    page.goto(_TASK)
    form = _form(page)
    form.get_by_label("notes").fill("gone")
    form.get_by_role("button", name="Last input").click()
    expect(form.get_by_label("Version")).to_have_value("2.0.0")
    expect(form.get_by_label("notes")).to_have_value("")
    expect(form.get_by_label("is_loud")).not_to_be_checked()
    expect(_field(page, "labels")).to_contain_text("x")
    expect(form.get_by_text(f"as in {before['job_id'][:8]}")).to_be_visible()
    job = _run(page, api)
    assert job["status"] == "completed"
    assert job["raw_input"]["pin"] == before["raw_input"]["pin"]


def test_a_link_fills_in_the_form_without_secrets(page: Page, new_page: NewPage) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(_TASK)
    form = _form(page)
    form.get_by_label("Version").fill("3.1.4")
    form.get_by_label("serial").fill("9223372036854775807")
    form.get_by_label("pin").fill("hidden-pin")
    form.get_by_role("button", name="Copy a link").click()
    expect(page.get_by_text("The link is copied. Left out, for secrets: pin.")).to_be_visible()
    link = page.evaluate("navigator.clipboard.readText()")
    assert "hidden-pin" not in link
    other = new_page(link)
    expect(_form(other).get_by_label("Version")).to_have_value("3.1.4")
    expect(_form(other).get_by_label("serial")).to_have_value("9223372036854775807")
    expect(_form(other).get_by_label("pin")).to_have_value("")


def test_the_input_is_written_as_json_and_back(page: Page) -> None:
    page.goto(_TASK)
    form = _form(page)
    form.get_by_label("Version").fill("1.0.0")
    form.get_by_role("radio", name="JSON").click()
    box = form.get_by_label("Input as JSON")
    expect(box).to_have_value(re.compile('"version": "1.0.0"'))
    box.fill('{"version": "9.9.9", "serial": 9007199254740993')
    expect(form.get_by_text("No JSON yet")).to_be_visible()
    form.get_by_role("radio", name="Form").click()
    expect(box).to_be_visible()
    box.fill('{"version": "9.9.9", "serial": 9007199254740993}')
    form.get_by_role("radio", name="Form").click()
    expect(form.get_by_label("Version")).to_have_value("9.9.9")
    expect(form.get_by_label("serial")).to_have_value("9007199254740993")


def test_check_only_tells_what_would_happen_and_starts_nothing(page: Page, api: Api) -> None:
    before = api.get("/api/jobs")["total"]
    page.goto(f'{_TASK}?input={{"version":"1.0.0","is_loud":false}}')
    _form(page).get_by_role("button", name="Check only").click()
    sheet = page.get_by_role("dialog", name="Check only")
    expect(sheet).to_contain_text("Nothing started.")
    expect(sheet).to_contain_text("runs 2 steps")
    expect(sheet.get_by_role("listitem").filter(has_text="proud")).to_contain_text("Skipped")
    check_accessibility(page, "[role=dialog]")
    page.keyboard.press("Escape")
    expect(sheet).to_have_count(0)
    assert api.get("/api/jobs")["total"] == before


def test_the_form_is_reached_and_sent_by_keys(page: Page, api: Api) -> None:
    page.goto(_TASK)
    expect(_form(page)).to_be_visible()
    page.keyboard.press("r")
    expect(_form(page).get_by_label("Version")).to_be_focused()
    page.keyboard.type("5.0.0")
    page.keyboard.press("Control+Enter")
    expect(page).to_have_url(re.compile("/jobs/"))
    expect(page.get_by_text(re.compile("^Job [0-9a-f]{8} started"))).to_be_visible()
    assert api.get("/api/jobs", task_name="deploy", workspace="default")["items"][0]["job_id"] in page.url


def test_a_double_click_starts_one_job(page: Page) -> None:
    page.goto(_TASK)
    _form(page).get_by_label("Version").fill("6.0.0")
    sent = []
    page.on("request", lambda request: sent.append(request) if request.url.endswith("/execute") else None)
    _form(page).get_by_role("button", name="Run", exact=True).dblclick()
    expect(page).to_have_url(re.compile("/jobs/[0-9a-f-]{36}"))
    assert len(sent) == 1


def test_the_command_of_the_form_is_copied(page: Page) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto("/tasks/default/plain")
    expect(_form(page).get_by_text("This task takes no input.")).to_be_visible()
    _form(page).get_by_role("button", name="Copy as command").click()
    expect(page.get_by_text("The command is copied.")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == "stroem trigger start plain -w default"


def test_the_form_keeps_its_input_in_every_width(page: Page) -> None:
    page.goto(_TASK)
    _form(page).get_by_label("Version").fill("7.7.7")
    for width in (1000, 600, 1440):
        page.set_viewport_size(ViewportSize(width=width, height=900))
        if width == 1000:
            page.get_by_role("button", name="Run…").click()
            page.get_by_role("dialog").get_by_label("notes").fill("typed in the sheet")
            page.keyboard.press("Escape")
            expect(page.get_by_role("dialog")).to_have_count(0)
            page.keyboard.press("r")
        expect(_form(page).get_by_label("Version")).to_have_value("7.7.7")
        expect(_form(page).get_by_label("notes")).to_have_value("typed in the sheet")


def test_json_that_is_unfinished_is_kept_too(page: Page) -> None:
    page.goto(_TASK)
    _form(page).get_by_role("radio", name="JSON").click()
    _form(page).get_by_label("Input as JSON").fill('{"version": ')
    page.set_viewport_size(ViewportSize(width=600, height=900))
    expect(_form(page).get_by_label("Input as JSON")).to_have_value('{"version": ')
    expect(_form(page).get_by_role("button", name="Run", exact=True)).to_be_disabled()
