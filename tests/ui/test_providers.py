"""Sign-in by a certified provider of OpenID Connect, in a browser from the button to the end of the session."""

import re
import urllib.error
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.support.oidc.certified_provider import PROVIDER_ID, certified_provider
from tests.support.oidc.fake_provider import CLIENT_ID, CLIENT_SECRET
from tests.support.programs import Program, free_port
from tests.ui.accessibility import check_accessibility
from tests.ui.api import Api
from tests.ui.browser import Problems
from tests.ui.conftest import NewPage
from tests.ui.people import SETTINGS, administrator, come_from_elsewhere, elsewhere, start_with_sign_in
from tests.ui.screenshots import take_screenshots

pytestmark = pytest.mark.slow("works in a browser")


@pytest.fixture(scope="module")
def issuer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The issuer of a provider that runs."""
    with certified_provider(tmp_path_factory.mktemp("provider")) as found:
        yield found


@pytest.fixture(scope="module")
def away() -> int:
    """The port of a provider that does not run yet."""
    return free_port()


def _provider(issuer: str, **more: object) -> dict[str, object]:
    client = {"provider_type": "oidc", "issuer_url": issuer, "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
    return {**client, "scopes": ["groups"], "groups_claim": "groups", **more}


@pytest.fixture(scope="module")
def running(
    built_ui: None,
    make_data_dir: Callable[[], Path],
    workspace_dir: Path,
    start: Callable[..., Program],
    issuer: str,
    away: int,
) -> Iterator[Program]:
    """A server with a provider that runs and one that does not."""
    providers = {
        PROVIDER_ID: _provider(issuer, display_name="Acme"),
        "later": _provider(f"http://127.0.0.1:{away}", display_name="Later"),
        "internal": {"provider_type": "internal"},
    }
    auth = {**SETTINGS["auth"], "providers": providers}  # type: ignore[dict-item]
    yield from start_with_sign_in(start, make_data_dir(), workspace_dir, auth=auth)


@pytest.fixture(scope="module")
def api(running: Program) -> Api:
    """The API as an administrator."""
    return administrator(running.address)


@pytest.fixture
def page(new_page: NewPage, problems: Problems) -> Page:
    """A page that nobody has signed in to yet."""
    problems.expect("status of 401|HTTP Authentication failed")
    problems.expect("favicon.ico")  # the provider has none
    page = new_page()
    come_from_elsewhere(page)
    page.route("https://fonts.googleapis.com/**", lambda route: route.fulfill(body="", content_type="text/css"))
    return page


def _go_out(page: Page) -> None:
    page.get_by_role("link", name="Go on with Acme").click()


def _sign_in(page: Page, name: str) -> None:
    """Signs in on the provider's pages."""
    page.get_by_placeholder("Enter any login").fill(name)
    page.get_by_placeholder("and password").fill("any")
    page.get_by_role("button", name="Sign-in").click()
    page.get_by_role("button", name="Continue").click()


def test_a_whole_sign_in_with_its_end(page: Page, api: Api) -> None:
    page.goto("/jobs?status=failed")
    expect(page).to_have_url(re.compile(r"/login\?next="))
    _go_out(page)
    _sign_in(page, "ada")
    expect(page).to_have_url("/jobs?status=failed")
    who = page.get_by_role("button", name="Signed in as Ada Berg")
    expect(who).to_be_visible()
    kept = page.evaluate("JSON.stringify({ ...localStorage, ...sessionStorage }) + document.cookie")
    assert "eyJ" not in kept
    page.goto("/account")
    expect(page.get_by_text("Signs in with")).to_be_visible()
    expect(page.get_by_text("You have none: you sign in with Acme.")).to_be_visible()
    expect(page.get_by_text("ops", exact=True)).to_be_visible()
    take_screenshots(page, "account-of-a-provider")
    users = {user["email"]: user for user in api.get("/api/users")["items"]}
    assert users["ada@corp.example"]["auth_methods"] == [PROVIDER_ID]
    who.click()
    page.get_by_role("menuitem", name="Sign out").click()
    page.get_by_role("button", name="Yes, sign me out").click()
    expect(page.get_by_role("link", name="Go on with Acme")).to_be_visible()
    expect(page).to_have_url("/login")
    _go_out(page)
    expect(page.get_by_placeholder("Enter any login")).to_be_visible()  # the provider has forgotten the person too


def test_who_gives_up_at_the_provider_is_told_so_and_can_try_again(page: Page) -> None:
    page.goto("/login?next=%2Ftasks")
    _go_out(page)
    page.get_by_role("link", name="[ Cancel ]").click()
    expect(page.get_by_role("alert")).to_have_text(
        "The sign-in with Acme did not succeed. An administrator finds the reason in the audit log."
    )
    expect(page).to_have_url("/login/callback")
    check_accessibility(page)
    take_screenshots(page, "login-refused")
    _go_out(page)
    _sign_in(page, "ada")
    expect(page).to_have_url("/tasks")


@pytest.mark.parametrize("name", ["root", "mallory"])
def test_the_account_of_a_password_is_not_given_away(page: Page, api: Api, name: str) -> None:
    page.goto("/login")
    _go_out(page)
    _sign_in(page, name)
    expect(page.get_by_role("alert")).to_contain_text("You may not sign in here with Acme.")
    users = {user["email"]: user for user in api.get("/api/users")["items"]}
    assert users["root@acme.example"]["auth_methods"] == ["password"]


def test_a_provider_that_is_away_is_told_until_it_answers(page: Page, away: int, tmp_path: Path) -> None:
    page.goto("/login")
    expect(page.get_by_role("button", name="Go on with Later")).to_be_disabled()
    expect(page.get_by_text("Later does not answer now. The button works as soon as it does.")).to_be_visible()
    expect(page.get_by_role("link", name="Go on with Acme")).to_be_visible()
    check_accessibility(page)
    take_screenshots(page, "login-providers")
    with certified_provider(tmp_path, away):
        expect(page.get_by_role("link", name="Go on with Later")).to_be_visible(timeout=180_000)


def test_a_program_is_let_in_by_its_code(page: Page, running: Program) -> None:
    program = Api(running.address, source=elsewhere())
    start = program.post("/api/auth/device", {"name": "stroem login on laptop"})
    page.goto(f"/device#code={start['user_code']}")
    expect(page).to_have_url(re.compile(r"/login\?next="))
    _go_out(page)
    _sign_in(page, "ada")
    expect(page).to_have_url(re.compile("/device#code="))
    expect(page.get_by_text("stroem login on laptop at")).to_be_visible()
    check_accessibility(page)
    take_screenshots(page, "device")
    page.get_by_role("button", name="Let it in").click()
    expect(page.get_by_text("The program is signed in. You can close this page.")).to_be_visible()
    access = program.post("/api/auth/device/token", {"device_code": start["device_code"]})["access_token"]
    assert Api(running.address, access).get("/api/auth/me")["email"] == "ada@corp.example"


def test_a_code_is_typed_and_a_program_refused(page: Page, running: Program, problems: Problems) -> None:
    problems.expect("status of 404")
    program = Api(running.address, source=elsewhere())
    start = program.post("/api/auth/device", {"name": "stroem login on laptop"})
    page.goto("/login?next=%2Fdevice")
    _go_out(page)
    _sign_in(page, "ada")
    page.get_by_label("Code").fill("bbbb-bbbb")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_have_text("No program waits with this code. It may be too old.")
    page.get_by_label("Code").fill(start["user_code"].lower())
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Refuse").click()
    expect(page.get_by_text("The program is refused.")).to_be_visible()
    with pytest.raises(urllib.error.HTTPError, match="400"):
        program.post("/api/auth/device/token", {"device_code": start["device_code"]})
