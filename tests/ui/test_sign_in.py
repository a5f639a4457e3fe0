"""Sign-in in a browser: the page, the session in all tabs, and what goes on without people noticing."""

import re
import urllib.error
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, ViewportSize, expect

from tests.support.programs import Program
from tests.ui.accessibility import check_accessibility
from tests.ui.api import Api
from tests.ui.browser import Problems
from tests.ui.conftest import NewPage
from tests.ui.people import (
    Person,
    administrator,
    come_from_elsewhere,
    fill_in,
    make_person,
    password_token,
    sign_in,
    start_with_sign_in,
)
from tests.ui.screenshots import SIZES, take_screenshots


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


@pytest.fixture(scope="module")
def ada(api: Api) -> Person:
    """An administrator."""
    return make_person(api, "Ada Berg", is_admin=True)


@pytest.fixture
def page(new_page: NewPage, problems: Problems) -> Page:
    """A page that nobody has signed in to yet."""
    problems.expect("status of 401|HTTP Authentication failed")
    page = new_page()
    come_from_elsewhere(page)
    return page


def _is_in(page: Page, name: str = "Ada Berg") -> None:
    expect(page.get_by_role("button", name=f"Signed in as {name}")).to_be_visible()


def test_a_wrong_password_is_told_and_the_right_one_opens_the_first_page(page: Page, ada: Person) -> None:
    page.goto("/")
    expect(page).to_have_url("/login")
    fill_in(page, ada, "not-the-password-of-ada")
    expect(page.get_by_role("alert")).to_have_text("Invalid email or password.")
    expect(page.get_by_label("Password", exact=True)).to_have_attribute("aria-invalid", "true")
    page.get_by_label("Password", exact=True).fill(ada.password)
    page.keyboard.press("Enter")
    expect(page).to_have_url("/")
    _is_in(page)
    kept = page.evaluate("JSON.stringify({ ...localStorage, ...sessionStorage }) + document.cookie")
    assert "eyJ" not in kept
    assert "stroem_refresh" not in kept


def test_the_session_outlives_a_reload_and_is_that_of_a_second_tab(page: Page, ada: Person) -> None:
    sign_in(page, ada)
    page.goto("/tasks")
    _is_in(page)
    page.reload()
    _is_in(page)
    other = page.context.new_page()
    other.goto("/jobs")
    _is_in(other)
    expect(other.get_by_role("heading", name="Jobs", exact=True)).to_be_visible()


def test_signing_out_signs_out_all_tabs(page: Page, ada: Person) -> None:
    sign_in(page, ada)
    page.goto("/tasks")
    other = page.context.new_page()
    other.goto("/settings")
    _is_in(other)
    page.get_by_role("button", name="Signed in as").click()
    page.get_by_role("menuitem", name="Sign out").click()
    for tab in (page, other):
        expect(tab).to_have_url("/login")
        expect(tab.get_by_label("E-mail")).to_be_visible()
    other.goto("/jobs")
    expect(other).to_have_url(re.compile("/login"))


def test_a_deep_link_is_opened_after_signing_in(page: Page, api: Api, ada: Person) -> None:
    job = api.run("counts")["job_id"]
    page.goto(f"/jobs/{job}?tab=history")
    expect(page).to_have_url(re.compile(r"/login\?next="))
    expect(page.get_by_text(f"Your job {job[:8]} is opened after this.")).to_be_visible()
    fill_in(page, ada)
    expect(page).to_have_url(f"/jobs/{job}?tab=history")
    expect(page.get_by_role("tab", name="History")).to_have_attribute("aria-selected", "true")


@pytest.mark.parametrize(
    "place", ["//evil.example", "https:%2F%2Fevil.example", "/%5Cevil.example", "/.%2F%2Fevil.example"]
)
def test_no_other_host_is_opened_after_signing_in(page: Page, ada: Person, place: str) -> None:
    page.goto(f"/login?next={place}")
    fill_in(page, ada)
    expect(page).to_have_url("/")
    _is_in(page)


def test_who_is_signed_in_needs_no_page_of_sign_in(page: Page, ada: Person) -> None:
    sign_in(page, ada)
    page.goto("/login?next=%2Fworkers")
    expect(page).to_have_url("/workers")


def test_a_token_in_a_link_signs_nobody_in(page: Page, api: Api) -> None:
    page.goto(f"/login/callback#access_token={api.token}&next=%2Fjobs")
    expect(page.get_by_role("alert")).to_contain_text("did not come through")
    expect(page).to_have_url("/login/callback")


def test_what_a_provider_says_is_told(page: Page) -> None:
    page.goto("/login/callback#error=The+provider+said+no")
    expect(page.get_by_role("alert")).to_have_text("The provider said no")
    expect(page).to_have_url("/login/callback")
    expect(page.get_by_label("E-mail")).to_be_visible()


def test_the_return_of_a_provider_opens_what_was_wanted(page: Page, ada: Person) -> None:
    sign_in(page, ada)  # the provider's callback sets the same cookie
    page.goto("/login/callback#access_token=a.b.c&next=%2Fworkers")
    expect(page).to_have_url("/workers")
    _is_in(page)


def test_an_old_token_is_renewed_without_anybody_noticing(new_page: NewPage, ada: Person) -> None:
    page = new_page()
    come_from_elsewhere(page)
    sign_in(page, ada)
    page.clock.install()
    page.goto("/tasks")
    _is_in(page)
    with page.expect_response("**/api/auth/refresh") as renewed:
        page.clock.fast_forward("14:45")
        page.get_by_role("link", name="Workers").first.click()
    assert renewed.value.ok
    expect(page.get_by_role("table", name="Workers")).to_be_visible()


def test_a_refused_token_is_renewed_and_the_request_sent_again(page: Page, ada: Person) -> None:
    sign_in(page, ada)
    page.goto("/tasks")
    _is_in(page)
    page.route("**/api/workers?**", lambda route: route.fulfill(status=401, json={"error": "Invalid token"}), times=1)
    with page.expect_response("**/api/auth/refresh") as renewed:
        page.get_by_role("link", name="Workers").first.click()
    assert renewed.value.ok
    expect(page.get_by_role("table", name="Workers")).to_be_visible()


def test_the_end_of_a_session_keeps_what_was_typed_and_what_was_asked_for(
    page: Page, api: Api, problems: Problems
) -> None:
    bo = make_person(api, "Bo", is_admin=True)
    sign_in(page, bo)
    page.goto("/tasks/default/hello")
    field = page.get_by_label("name", exact=False).first
    field.fill("typed before")
    api.post(f"/api/users/{bo.user_id}/end-sessions")
    page.get_by_role("button", name="Run", exact=True).click()
    over = page.get_by_role("dialog", name="Your session is over")
    expect(over).to_be_visible()
    check_accessibility(page, "[role=dialog]")
    take_screenshots(page, "session-over")
    page.keyboard.press("Escape")
    expect(over.get_by_label("E-mail")).to_have_value(bo.email)
    fill_in(page, bo)
    expect(over).to_have_count(0)
    expect(page).to_have_url(re.compile("/jobs/"))
    job = api.await_job(page.url.split("/jobs/")[1].split("?")[0])
    assert job["input"]["name"] == "typed before"


def test_somebody_else_gets_a_new_page(page: Page, api: Api, ada: Person) -> None:
    cy = make_person(api, "Cy", is_admin=True)
    sign_in(page, cy)
    page.goto("/account")
    _is_in(page, "Cy")
    page.evaluate("window.isOld = true")
    api.post(f"/api/users/{cy.user_id}/end-sessions")
    page.get_by_role("button", name="New key").click()
    page.get_by_label("Name", exact=True).fill("of Cy")
    page.get_by_role("button", name="Make the key").click()
    fill_in(page, ada)
    _is_in(page)
    assert page.evaluate("window.isOld") is None
    keys = Api(api.address, password_token(api.address, ada)).get("/api/auth/api-keys")
    assert all(one["name"] != "of Cy" for one in keys)


def test_a_log_is_followed_and_saved_by_tickets(page: Page, api: Api, ada: Person) -> None:
    sign_in(page, ada)
    job = api.start("waits")
    api.await_job(job, "running")
    with page.expect_websocket(lambda socket: "/logs/stream" in socket.url) as stream:
        page.goto(f"/jobs/{job}?step=sleep")
    assert re.search(r"[?&]ticket=", stream.value.url)
    assert "token=" not in stream.value.url.replace("ticket=", "")
    expect(page.get_by_role("log").get_by_text("asleep")).to_be_visible()
    expect(page.get_by_text("Live", exact=True).first).to_be_visible()
    page.get_by_role("button", name="Download").click()
    with page.expect_download() as saved:
        page.get_by_role("menuitem").first.click()
    assert "asleep" in Path(saved.value.path()).read_text()
    api.post(f"/api/jobs/{job}/cancel")
    expect(page.get_by_text("Cancelled").first).to_be_visible()


def test_too_many_tries_say_how_long_to_wait(page: Page, problems: Problems) -> None:
    problems.expect("status of 429")
    nobody = Person("", "nobody@acme.example")
    page.goto("/login")
    body = {"email": nobody.email, "password": nobody.password}
    while page.context.request.post("/api/auth/login", data=body).status != 429:
        pass
    fill_in(page, nobody)
    expect(page.get_by_text("Too many tries. The next one is possible in")).to_be_visible()
    expect(page.get_by_role("button", name="Sign in", exact=True)).to_be_disabled()


def test_caps_lock_is_told_and_a_password_can_be_looked_at(page: Page) -> None:
    page.goto("/login")
    field = page.get_by_label("Password", exact=True)
    expect(field).to_have_attribute("autocomplete", "current-password")
    expect(page.get_by_label("E-mail")).to_have_attribute("autocomplete", "username")
    expect(page.get_by_label("E-mail")).to_be_focused()
    field.dispatch_event("keydown", {"key": "A", "modifierCapsLock": True})
    expect(page.get_by_text("Caps Lock is on.")).to_be_visible()
    page.get_by_role("button", name="Show the password").click()
    expect(field).to_have_attribute("type", "text")


def test_providers_come_before_the_password(page: Page, running: Program) -> None:
    def with_provider(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(
            json=answer.json() | {"oidc_providers": [{"id": "acme", "display_name": "Acme", "is_available": True}]}
        )

    page.route("**/api/config", with_provider)
    page.goto("/jobs?status=failed")
    link = page.get_by_role("link", name="Go on with Acme")
    expect(link).to_have_attribute("href", "/api/auth/oidc/acme?next=%2Fjobs%3Fstatus%3Dfailed")
    expect(page.get_by_label("Password", exact=True)).to_be_visible()


@pytest.mark.parametrize("size", SIZES, ids=lambda size: str(size["width"]))
def test_the_page_is_accessible(new_page: NewPage, problems: Problems, size: ViewportSize) -> None:
    problems.expect("status of 401|HTTP Authentication failed")
    page = new_page(size=size)
    come_from_elsewhere(page)
    page.goto("/login?next=%2Fjobs")
    page.get_by_label("E-mail").fill("nobody@acme.example")
    page.get_by_label("Password", exact=True).fill("wrong")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_be_visible()
    check_accessibility(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]


def test_screenshots(page: Page, ada: Person) -> None:
    page.goto("/jobs")
    fill_in(page, ada, "wrong")
    expect(page.get_by_role("alert")).to_be_visible()
    take_screenshots(page, "login")


def test_the_api_without_a_token_is_refused(api: Api) -> None:
    with pytest.raises(urllib.error.HTTPError, match="401"):
        Api(api.address).get("/api/jobs")
