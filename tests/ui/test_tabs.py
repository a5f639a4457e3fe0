"""Tabs of one browser share one live connection."""

from playwright.sync_api import BrowserContext, Page, WebSocket, WebSocketRoute, expect

from tests.support.wait import eventually_blocking
from tests.ui.api import Api
from tests.ui.browser import Problems
from tests.ui.conftest import NewPage


class _Sockets:
    """The live connections of the pages of a context."""

    def __init__(self, context: BrowserContext) -> None:
        self.of: dict[Page, list[WebSocket]] = {}
        context.on("page", self.watch)

    def watch(self, page: Page) -> None:
        """Counts the connections of a page from now on."""
        self.of[page] = []
        page.on("websocket", lambda socket: self.of[page].append(socket) if "/api/live" in socket.url else None)

    def open_in(self, page: Page) -> int:
        """The number of connections that a page has open."""
        return sum(not socket.is_closed() for socket in self.of[page])


def _open(context: BrowserContext, problems: Problems, path: str) -> Page:
    page = context.new_page()
    problems.watch(page)
    page.goto(path)
    expect(page.get_by_text("Live", exact=True).first).to_be_visible()
    return page


def _shows(page: Page, job: str) -> None:
    expect(page.locator(f'tr[data-job="{job}"]')).to_be_visible()


def test_two_tabs_share_a_connection_which_the_other_takes_over(
    new_page: NewPage, api: Api, problems: Problems
) -> None:
    blank = new_page()
    sockets = _Sockets(blank.context)
    first = _open(blank.context, problems, "/jobs")
    second = _open(blank.context, problems, "/jobs")
    assert (sockets.open_in(first), sockets.open_in(second)) == (1, 0)
    job = api.run("counts")["job_id"]
    _shows(first, job)
    _shows(second, job)
    assert (sockets.open_in(first), sockets.open_in(second)) == (1, 0)
    with second.expect_websocket(lambda socket: "/api/live" in socket.url) as taken:
        first.close()
    assert not taken.value.is_closed()
    expect(second.get_by_text("Live", exact=True).first).to_be_visible()
    _shows(second, api.run("counts")["job_id"])
    assert sockets.open_in(second) == 1
    third = _open(blank.context, problems, "/jobs")
    assert (sockets.open_in(second), sockets.open_in(third)) == (1, 0)


def test_a_change_while_the_connection_is_taken_over_is_shown(new_page: NewPage, api: Api, problems: Problems) -> None:
    before = api.run("counts")["job_id"]
    context = new_page().context
    first = _open(context, problems, "/jobs")
    second = context.new_page()
    problems.watch(second)
    missed = []

    def connect(socket: WebSocketRoute) -> None:
        missed.append(api.run("counts")["job_id"])
        socket.connect_to_server()

    second.route_web_socket("**/api/live", connect)
    second.goto("/jobs")
    expect(second.get_by_text("Live", exact=True).first).to_be_visible()
    _shows(second, before)
    assert not missed
    first.close()
    eventually_blocking(lambda: second.title() and missed, "the other tab connects")
    _shows(second, missed[0])
