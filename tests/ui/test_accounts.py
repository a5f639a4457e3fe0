"""Accounts in a browser: one's own, those of others, and those of programs."""

import re
import urllib.error
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, ViewportSize, expect

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


@pytest.fixture
def person(api: Api) -> Person:
    """A user with a password, who is no administrator."""
    return make_person(api, "Bo Dahl")


@pytest.fixture
def page(new_page: NewPage) -> Page:
    """A page that comes from an address of its own."""
    page = new_page()
    come_from_elsewhere(page)
    return page


@pytest.fixture
def admin_page(page: Page, api: Api) -> Page:
    """A page in which an administrator has signed in."""
    sign_in(page, make_person(api, "Ada Berg", is_admin=True))
    return page


def _is_refused(api: Api) -> bool:
    try:
        api.get("/api/auth/me")
    except urllib.error.HTTPError as error:
        return error.code == 401
    return False


def _dialog(page: Page) -> Locator:
    return page.get_by_role("dialog")


def _shown_secret(page: Page) -> str:
    return _dialog(page).locator("code").inner_text()


def test_a_key_is_shown_once_works_and_is_deleted(page: Page, api: Api, person: Person) -> None:
    sign_in(page, person)
    page.goto("/account")
    page.get_by_role("button", name="New key").click()
    page.get_by_label("Name", exact=True).fill("nightly report")
    page.get_by_role("combobox", name="Verbs").click()
    page.keyboard.type("job.run")
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    check_accessibility(page, "[role=dialog]")
    page.get_by_role("button", name="Make the key").click()
    expect(_dialog(page)).to_contain_text("never shown again")
    secret = _shown_secret(page)
    page.keyboard.press("Escape")
    expect(_dialog(page)).to_be_visible()
    page.get_by_role("button", name="Done").click()
    row = page.get_by_role("row").filter(has_text="nightly report")
    expect(row).to_contain_text("job.run")
    expect(row).to_contain_text("never")
    assert secret not in page.content()
    (kept,) = Api(api.address, password_token(api.address, person)).get("/api/auth/api-keys")
    assert (kept["name"], kept["verbs"]) == ("nightly report", ["job.run"])
    assert kept["expires_at"]
    assert not _is_refused(Api(api.address, secret))
    row.get_by_role("button", name="Delete").click()
    _dialog(page).get_by_role("button", name="Delete").click()
    expect(page.get_by_text("There is none. A script that calls the API needs one.")).to_be_visible()
    assert _is_refused(Api(api.address, secret))


def test_a_mistake_in_a_key_is_told(page: Page, person: Person, problems: Problems) -> None:
    problems.expect("status of 400")
    sign_in(page, person)
    page.goto("/account")
    page.get_by_role("button", name="New key").click()
    page.get_by_label("Name", exact=True).fill("laptop")
    page.get_by_role("combobox", name="Addresses").click()
    page.keyboard.type("everywhere")
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Make the key").click()
    expect(_dialog(page).get_by_role("alert")).to_contain_text("expected an address")
    expect(page.get_by_label("Name", exact=True)).to_have_value("laptop")


def test_other_sessions_are_ended(page: Page, api: Api, person: Person) -> None:
    sign_in(page, person)
    others = [Api(api.address, password_token(api.address, person)) for _ in range(3)]
    page.goto("/account")
    table = page.get_by_role("table", name="Sessions")
    expect(table.get_by_role("row")).to_have_count(5)
    expect(table.get_by_text("this browser").first).to_be_visible()
    table.get_by_role("button", name=re.compile("End the session")).first.click()
    expect(table.get_by_role("row")).to_have_count(4)
    assert sum(map(_is_refused, others)) == 1
    page.get_by_role("button", name="End all others").click()
    expect(_dialog(page)).to_contain_text("2 sessions will have to sign in again.")
    _dialog(page).get_by_role("button", name="End them").click()
    expect(page.get_by_text("2 sessions ended.")).to_be_visible()
    expect(table.get_by_role("row")).to_have_count(2)
    assert all(map(_is_refused, others))


def test_the_password_is_changed(page: Page, api: Api, person: Person, problems: Problems) -> None:
    problems.expect("status of 400")
    sign_in(page, person)
    other = Api(api.address, password_token(api.address, person))
    page.goto("/account")
    page.get_by_label("Present password").fill("not-the-password-of-bo")
    page.get_by_label("New password", exact=True).fill("eleven-foxes-hum-in-unison")
    page.get_by_label("New password again").fill("eleven-fixes")
    expect(page.get_by_text("The two passwords are not the same.")).to_be_visible()
    change = page.get_by_role("button", name="Change the password")
    expect(change).to_be_disabled()
    page.get_by_label("New password again").fill("eleven-foxes-hum-in-unison")
    change.click()
    expect(page.get_by_role("alert")).to_contain_text("The current password is not this one")
    page.get_by_label("Present password").fill(person.password)
    change.click()
    expect(page.get_by_text("The password is changed.")).to_be_visible()
    expect(page.get_by_label("New password", exact=True)).to_have_value("")
    assert _is_refused(other)
    page.reload()
    expect(page.get_by_role("button", name="Signed in as Bo Dahl")).to_be_visible()
    assert password_token(api.address, Person(person.user_id, person.email, "eleven-foxes-hum-in-unison"))


def test_a_weak_password_is_refused_with_the_reason(page: Page, person: Person, problems: Problems) -> None:
    problems.expect("status of 400")
    sign_in(page, person)
    page.goto("/account")
    page.get_by_label("Present password").fill(person.password)
    page.get_by_label("New password", exact=True).fill("short")
    page.get_by_label("New password again").fill("short")
    page.get_by_role("button", name="Change the password").click()
    expect(page.get_by_role("alert")).to_contain_text("The password is too short")


def test_a_new_user_sets_a_password_by_a_link(
    admin_page: Page, new_page: NewPage, api: Api, problems: Problems
) -> None:
    problems.expect("status of 401|HTTP Authentication failed")
    page = admin_page
    page.goto("/users")
    page.get_by_role("button", name="New user").click()
    page.get_by_label("E-mail").fill("Cy@acme.example")
    page.get_by_label("Name").fill("Cy Eng")
    page.get_by_role("combobox", name="Groups").click()
    page.keyboard.type("oncall")
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Add", exact=True).click()
    row = page.get_by_role("row").filter(has_text="cy@acme.example")
    expect(row).to_contain_text("oncall")
    expect(row).to_contain_text("nothing yet")
    page.get_by_role("button", name="Verbs for Cy Eng").click()
    page.get_by_role("menuitem", name="Link for a password").click()
    page.get_by_role("button", name="Make the link").click()
    expect(_dialog(page)).to_contain_text("A link for Cy Eng")
    link = _shown_secret(page)
    page.get_by_role("button", name="Done").click()

    other = new_page()
    come_from_elsewhere(other)
    other.goto(link)
    expect(other).to_have_url("/reset")
    check_accessibility(other)
    other.get_by_label("New password", exact=True).fill("nineteen-larks-tumble-east")
    other.get_by_label("New password again").fill("nineteen-larks-tumble-east")
    other.get_by_role("button", name="Set the password").click()
    other.get_by_role("link", name="Sign in").click()
    fill_in(other, Person("", "cy@acme.example", "nineteen-larks-tumble-east"))
    expect(other.get_by_role("button", name="Signed in as Cy Eng")).to_be_visible()
    problems.expect("status of 400")
    other.goto(link)
    other.get_by_label("New password", exact=True).fill("nineteen-larks-tumble-west")
    other.get_by_label("New password again").fill("nineteen-larks-tumble-west")
    other.get_by_role("button", name="Set the password").click()
    expect(other.get_by_role("alert")).to_contain_text("This link is not good any more")


def _choose(page: Page, person: Person, verb: str) -> None:
    row = page.locator(f"[data-user='{person.email}']")
    row.get_by_role("button", name="Verbs for").click()
    page.get_by_role("menuitem", name=verb).click()


def test_users_get_groups_and_rights_and_lose_them(admin_page: Page, api: Api, person: Person) -> None:
    page = admin_page
    page.goto("/users")
    row = page.locator(f"[data-user='{person.email}']")
    _choose(page, person, "Change groups")
    page.get_by_role("combobox", name="Groups").click()
    page.keyboard.type("data")
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Set the groups").click()
    expect(row).to_contain_text("data")
    _choose(page, person, "Make administrator")
    _dialog(page).get_by_role("button", name="Make administrator").click()
    expect(row).to_contain_text("administrator")
    user = api.get(f"/api/users/{person.user_id}")
    assert (user["groups"], user["is_admin"]) == (["data"], True)
    _choose(page, person, "Take administrator away")
    _dialog(page).get_by_role("button", name="Take away").click()
    expect(row).not_to_contain_text("administrator")
    assert api.get(f"/api/users/{person.user_id}")["is_admin"] is False


def test_sessions_of_a_user_are_ended_and_the_user_is_disabled_and_deleted(
    admin_page: Page, api: Api, person: Person
) -> None:
    page = admin_page
    theirs = Api(api.address, password_token(api.address, person))
    page.goto("/users")
    _choose(page, person, "Sessions")
    expect(_dialog(page).get_by_role("table", name="Sessions").get_by_role("row")).to_have_count(2)
    check_accessibility(page, "[role=dialog]")
    _dialog(page).get_by_role("button", name="End all").click()
    expect(page.get_by_text("The sessions of Bo Dahl have ended.")).to_be_visible()
    assert _is_refused(theirs)
    row = page.locator(f"[data-user='{person.email}']")
    _choose(page, person, "Disable")
    _dialog(page).get_by_role("button", name="Disable").click()
    expect(row).to_contain_text("disabled")
    with pytest.raises(urllib.error.HTTPError, match="401"):
        password_token(api.address, person)
    _choose(page, person, "Enable")
    _dialog(page).get_by_role("button", name="Enable").click()
    expect(row).not_to_contain_text("disabled")
    _choose(page, person, "Delete")
    _dialog(page).get_by_role("button", name="Delete").click()
    expect(row).to_have_count(0)


def test_nobody_takes_their_own_rights_away(admin_page: Page) -> None:
    admin_page.goto("/users")
    row = admin_page.get_by_role("row").filter(has=admin_page.get_by_text("you", exact=True))
    row.get_by_role("button", name="Verbs for").click()
    expect(admin_page.get_by_role("menuitem", name="Change groups")).to_be_visible()
    expect(admin_page.get_by_role("menuitem", name=re.compile("Delete|Disable|administrator"))).to_have_count(0)


def test_who_is_no_administrator_does_not_see_the_users(page: Page, person: Person) -> None:
    sign_in(page, person)
    page.goto("/users")
    expect(page.get_by_role("heading", name="You may not see the users.")).to_be_visible()
    expect(page.get_by_role("navigation").get_by_role("link", name="Users")).to_have_count(0)
    expect(page.get_by_role("button", name="New user")).to_have_count(0)


def test_who_is_no_administrator_does_not_see_how_workers_join(page: Page, person: Person) -> None:
    sign_in(page, person)
    page.goto("/workers")
    expect(page.get_by_role("table", name="Workers")).to_be_visible()
    expect(page.get_by_role("tab")).to_have_count(0)
    page.goto("/workers?tab=join-tokens")
    expect(page.get_by_role("heading", name="You may not see how workers join.")).to_be_visible()
    expect(page.get_by_role("button", name="New join token")).to_have_count(0)


def test_a_service_account_has_keys(admin_page: Page, api: Api) -> None:
    page = admin_page
    page.goto("/users")
    page.get_by_role("tab", name="Service accounts").click()
    expect(page).to_have_url("/users?tab=programs")
    page.get_by_role("button", name="New service account").click()
    page.get_by_label("Name").fill("deploy-pipeline")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_role("heading", name="deploy-pipeline")).to_be_visible()
    expect(page.get_by_text("It has no key, and so cannot sign in.")).to_be_visible()
    page.get_by_role("button", name="New key of deploy-pipeline").click()
    page.get_by_label("Name", exact=True).fill("github")
    page.get_by_role("button", name="Make the key").click()
    expect(_dialog(page)).to_contain_text("never shown again")
    program = Api(api.address, _shown_secret(page))
    me = program.get("/api/auth/me")
    assert (me["kind"], me["email"]) == ("service", "deploy-pipeline")
    page.get_by_role("button", name="Done").click()
    check_accessibility(page)
    page.get_by_role("button", name="Verbs for deploy-pipeline").click()
    page.get_by_role("menuitem", name="Disable").click()
    _dialog(page).get_by_role("button", name="Disable").click()
    expect(page.get_by_text("in no group · disabled")).to_be_visible()
    assert _is_refused(program)
    page.get_by_role("button", name="Verbs for deploy-pipeline").click()
    page.get_by_role("menuitem", name="Delete").click()
    expect(_dialog(page)).to_contain_text("Its 1 key will be refused from now on.")
    _dialog(page).get_by_role("button", name="Delete").click()
    expect(page.get_by_role("heading", name="Accounts of programs would be here.")).to_be_visible()


@pytest.mark.parametrize("size", SIZES, ids=lambda size: str(size["width"]))
@pytest.mark.parametrize("path", ["/account", "/users", "/users?tab=programs"])
def test_the_pages_are_accessible(new_page: NewPage, api: Api, path: str, size: ViewportSize) -> None:
    page = new_page(size=size)
    come_from_elsewhere(page)
    sign_in(page, make_person(api, is_admin=True))
    page.goto(path)
    expect(page.get_by_label("Loading")).to_have_count(0)
    expect(page.locator("main h1")).to_be_visible()
    check_accessibility(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]


def test_a_telephone_has_the_account_among_the_pages(new_page: NewPage, person: Person, problems: Problems) -> None:
    problems.expect("status of 401|HTTP Authentication failed")
    page = new_page(size=SIZES[1])
    come_from_elsewhere(page)
    sign_in(page, person)
    page.goto("/")
    page.get_by_role("button", name="More").click()
    page.get_by_role("link", name="Bo Dahl").click()
    expect(page).to_have_url("/account")
    page.get_by_role("button", name="More").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page).to_have_url("/login")


def test_screenshots(admin_page: Page, api: Api) -> None:
    for path in ("/account", "/users"):
        admin_page.goto(path)
        expect(admin_page.get_by_role("table").first).to_be_visible()
        take_screenshots(admin_page, path.strip("/"))
