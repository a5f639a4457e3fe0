"""Pages follow the server: a server that goes away and comes back."""

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Browser, expect

from tests.support.programs import Program, free_port
from tests.ui.api import Api
from tests.ui.browser import Problems


def test_a_server_that_goes_away_is_told_and_followed_again(
    browser: Browser,
    built_ui: None,
    make_data_dir: Callable[[], Path],
    workspace_dir: Path,
    start: Callable[..., Program],
    problems: Problems,
) -> None:
    problems.expect("ERR_CONNECTION_REFUSED|ERR_SOCKET_NOT_CONNECTED|ERR_CONNECTION_RESET|ERR_EMPTY_RESPONSE|WebSocket")
    problems.expect("status of 50")
    problems.expect("The server does not answer|dynamically imported module")
    arguments = ("up", "--json", "--port", str(free_port()), "--data-dir", str(make_data_dir()))
    first = start(*arguments, "--workspace", str(workspace_dir))
    page = browser.new_page(base_url=first.address)
    problems.watch(page)
    page.goto("/jobs")
    expect(page.get_by_text("Live", exact=True).first).to_be_visible()
    first.stop()
    expect(page.get_by_text("Not live since")).to_be_visible()
    page.evaluate("window.isKept = true")
    page.get_by_role("link", name="Plugins").click()
    expect(page.get_by_role("alert")).to_contain_text("This page cannot be shown.")
    page.go_back()
    expect(page.get_by_text("Not live since")).to_be_visible()
    assert page.evaluate("window.isKept")
    second = start(*arguments, "--workspace", str(workspace_dir))
    job = Api(second.address).start("counts")
    # The page tries by itself too, so the button may be gone already.
    page.get_by_role("button", name="Try now").evaluate_all("buttons => buttons.forEach((button) => button.click())")
    expect(page.get_by_text("Not live since")).to_have_count(0)
    expect(page.locator(f'tr[data-job="{job}"]')).to_be_visible()
    page.close()
    second.stop()
