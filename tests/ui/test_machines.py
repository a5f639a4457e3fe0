"""Join tokens and identities of workers in a browser."""

import hashlib
from typing import Any

import pytest
from playwright.sync_api import Page, ViewportSize, expect

from tests.ui.accessibility import check_accessibility
from tests.ui.api import Api
from tests.ui.browser import Problems
from tests.ui.conftest import NewPage
from tests.ui.screenshots import SIZES, take_screenshots


def _join(api: Api, join_token: str, name: str) -> None:
    digest = hashlib.sha256(name.encode()).hexdigest()
    api.post("/worker/join", {"name": name, "join_token": join_token, "token_hash": digest})


def _join_token(api: Api, **wanted: Any) -> str:
    return str(api.post("/api/workers/join-tokens", wanted)["token"])


def test_a_join_token_is_shown_once_lets_a_worker_join_and_is_revoked(page: Page, api: Api) -> None:
    page.goto("/workers")
    page.get_by_role("tab", name="Join tokens").click()
    expect(page).to_have_url("/workers?tab=join-tokens")
    page.get_by_role("button", name="New join token").click()
    page.get_by_label("Name").fill("build farm")
    page.get_by_label("Workers", exact=True).fill("3")
    page.get_by_role("combobox", name="Tags").click()
    page.keyboard.type("gpu")
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    check_accessibility(page, "[role=dialog]")
    page.get_by_role("button", name="Make the token").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("never shown again")
    secret = dialog.locator("code").inner_text()
    page.get_by_role("button", name="Done").click()
    row = page.get_by_role("row").filter(has_text="build farm")
    expect(row).to_contain_text("tags gpu")
    expect(row).to_contain_text("0 of 3")
    assert secret not in page.content()
    _join(api, secret, "farm-1")
    page.get_by_role("tab", name="Identities").click()
    joined = page.get_by_role("row").filter(has_text="farm-1")
    expect(joined).to_contain_text("tags gpu")
    page.get_by_role("tab", name="Join tokens").click()
    expect(row).to_contain_text("1 of 3")
    row.get_by_role("button", name="Revoke the join token build farm").click()
    page.get_by_role("dialog").get_by_role("button", name="Revoke").click()
    expect(row).to_have_count(0)
    assert "build farm" not in [one["name"] for one in api.get("/api/workers/join-tokens")]


def test_a_mistake_in_a_join_token_is_told_at_its_field(page: Page, problems: Problems) -> None:
    problems.expect("status of 400")
    page.goto("/workers?tab=join-tokens")
    page.get_by_role("button", name="New join token").click()
    page.get_by_label("Workers", exact=True).fill("2000000")
    page.get_by_role("combobox", name="Abilities").click()
    page.keyboard.type("magic")
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Make the token").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("expected 1 to 1000000 uses")
    expect(dialog).to_contain_text("magic")
    expect(dialog.get_by_text("The join token is not valid")).to_have_count(0)
    assert "magic" not in str(_join_tokens(page))


def _join_tokens(page: Page) -> Any:
    """The join tokens that the server has."""
    return page.context.request.get("/api/workers/join-tokens").json()


def test_an_identity_is_revoked(page: Page, api: Api) -> None:
    _join(api, _join_token(api, name="one", uses=1), "lost-laptop")
    page.goto("/workers?tab=identities")
    row = page.get_by_role("row").filter(has_text="lost-laptop")
    expect(row).to_contain_text("everything")
    row.get_by_role("button", name="Revoke the identity of lost-laptop").click()
    page.get_by_role("dialog").get_by_role("button", name="Revoke").click()
    expect(row).to_contain_text("revoked")
    expect(row.get_by_role("button")).to_have_count(0)
    (told,) = [one for one in api.get("/api/workers/identities") if one["name"] == "lost-laptop"]
    assert told["revoked_at"]


@pytest.mark.parametrize("size", SIZES, ids=lambda size: str(size["width"]))
def test_the_panes_are_accessible(new_page: NewPage, api: Api, size: ViewportSize) -> None:
    _join(api, _join_token(api, name="any", uses=None, workspaces=["default"]), f"wide-{size['width']}")
    page = new_page(size=size)
    for tab in ("identities", "join-tokens"):
        page.goto(f"/workers?tab={tab}")
        expect(page.get_by_role("table").first).to_be_visible()
        check_accessibility(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
        take_screenshots(page, f"workers-{tab}")
