"""Pages over a slow network: skeletons in their place, and actions that are told as under way."""

import re

import pytest
from playwright.sync_api import Page, Route, expect

from tests.ui.accessibility import check_accessibility
from tests.ui.api import Api

_LATENCY_MS = 400
_BYTES_PER_SECOND = 400_000 / 8
_MOST_SHIFT = 0.1
_WATCH_SHIFTS = """
window.shifts = [];
new PerformanceObserver((list) => {
  for (const entry of list.getEntries())
    if (!entry.hadRecentInput)
      shifts.push({ value: entry.value, of: entry.sources.map(({ node }) => node?.outerHTML?.slice(0, 120)) });
}).observe({ type: "layout-shift", buffered: true });
"""


@pytest.fixture(scope="module", autouse=True)
def job(api: Api) -> str:
    """A job that failed, beside others."""
    api.run("counts")
    return str(api.run("broken")["job_id"])


@pytest.fixture
def slow(page: Page) -> Page:
    """A page that has been loaded, behind a slow network from now on."""
    page.goto("/settings")
    expect(page.get_by_role("switch", name="Single keys")).to_be_visible()
    _slow_down(page)
    return page


def _slow_down(page: Page) -> None:
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    speed = {"downloadThroughput": _BYTES_PER_SECOND, "uploadThroughput": _BYTES_PER_SECOND}
    session.send("Network.emulateNetworkConditions", {"offline": False, "latency": _LATENCY_MS, **speed})


PATHS = (
    "/",
    "/jobs",
    "/jobs/{job}",
    "/tasks",
    "/tasks/default/counts",
    "/workspaces",
    "/workspaces/default",
    "/triggers",
    "/triggers/default/nightly",
    "/workers",
    "/queue",
    "/approvals",
    "/events",
    "/settings",
)


class _Held:
    """Requests that the network holds back until they are let go."""

    def __init__(self, page: Page, pattern: str, method: str) -> None:
        self.count = 0
        self._held: list[Route] | None = []
        self._method = method
        page.route(pattern, self._take)

    def _take(self, route: Route) -> None:
        if route.request.method != self._method:
            route.continue_()
            return
        self.count += 1
        if self._held is None:
            route.continue_()
        else:
            self._held.append(route)

    def let_go(self) -> None:
        """Sends the requests, and holds no more."""
        held, self._held = self._held or [], None
        for route in held:
            route.continue_()


@pytest.mark.parametrize("path", PATHS)
def test_what_loads_keeps_its_place(slow: Page, path: str, job: str) -> None:
    slow.add_init_script(_WATCH_SHIFTS)
    held = _Held(slow, "**/api/**", "GET")
    slow.goto(path.format(job=job))
    expect(slow.get_by_label("Loading").first).to_be_visible()
    held.let_go()
    expect(slow.get_by_label("Loading")).to_have_count(0)
    slow.wait_for_load_state("networkidle")
    expect(slow.get_by_role("heading", level=1)).to_be_visible()
    shifts = slow.evaluate("shifts")
    assert sum(shift["value"] for shift in shifts) < _MOST_SHIFT, shifts


def test_a_task_that_is_being_started_cannot_be_started_twice(slow: Page, api: Api) -> None:
    before = api.get("/api/jobs")["total"]
    slow.goto("/tasks/default/counts")
    held = _Held(slow, "**/execute", "POST")
    run = slow.get_by_role("region", name="Run", exact=True).get_by_role("button", name="Run", exact=True)
    run.click()
    expect(run).to_be_disabled()
    expect(slow.get_by_text("Under way…")).to_be_visible()
    check_accessibility(slow, "main")
    slow.keyboard.press("Control+Enter")
    slow.keyboard.press("Control+Enter")
    held.let_go()
    expect(slow).to_have_url(re.compile("/jobs/"))
    expect(slow.get_by_text("Under way…")).to_have_count(0)
    assert held.count == 1
    assert api.get("/api/jobs")["total"] == before + 1


def test_a_job_that_is_being_paused_cannot_be_paused_twice(slow: Page, api: Api) -> None:
    job = api.start("waits")
    api.await_job(job, "running")
    slow.goto(f"/jobs/{job}")
    held = _Held(slow, "**/pause", "POST")
    pause = slow.get_by_role("button", name="Pause", exact=True)
    pause.click()
    expect(pause).to_be_disabled()
    slow.keyboard.press("p")
    held.let_go()
    expect(slow.get_by_role("button", name="Resume").first).to_be_visible()
    assert held.count == 1
    slow.keyboard.press("c")
    cancels = _Held(slow, "**/cancel", "POST")
    dialog = slow.get_by_role("dialog")
    dialog.get_by_role("button", name="Cancel the job").click()
    expect(dialog.get_by_role("button", name="Cancel the job")).to_be_disabled()
    expect(slow.get_by_text("Under way…")).to_be_visible()
    slow.keyboard.press("Enter")
    cancels.let_go()
    expect(dialog).to_have_count(0)
    assert cancels.count == 1
    api.await_job(job, "cancelled")


def test_a_page_that_is_left_while_it_loads_breaks_nothing(slow: Page) -> None:
    held = _Held(slow, "**/api/**", "GET")
    for name in ("Jobs", "Tasks", "Workers", "Jobs"):
        slow.get_by_role("navigation", name="Main").get_by_role("link", name=name).first.click()
    held.let_go()
    expect(slow.locator("tr[data-job]").first).to_be_visible()
