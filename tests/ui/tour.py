"""`python -m tests.ui.tour`: the pictures of the guide to the web UI, taken of a scene.

The same places are gone through by the tests, in both sizes and themes.
"""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import attrs
from playwright.sync_api import Browser, Page

from tests.docs.page import DOCS, ROOT
from tests.support.programs import Program, environment
from tests.ui import people
from tests.ui.api import Api
from tests.ui.browser import chromium
from tests.ui.built import build_ui
from tests.ui.scene_program import scene_program
from tests.ui.screenshots import SIZES

IMAGES = DOCS / "images" / "web-ui"


def _nothing(page: Page) -> None:
    pass


@attrs.frozen(kw_only=True)
class Place:
    """A place of the UI: its name, its path, what is there once it is shown, and what to press before a picture."""

    name: str
    path: Callable[[Api], str]
    shows: str
    prepare: Callable[[Page], None] = _nothing
    is_in_guide: bool = False

    def go(self, page: Page, api: Api) -> None:
        """Shows the place in a page."""
        page.goto(self.path(api))
        page.locator(self.shows).first.wait_for()
        self.prepare(page)
        page.wait_for_load_state("networkidle")


def _at(path: str) -> Callable[[Api], str]:
    return lambda api: path


def _job(task: str, workspace: str = "flows", status: str = "", more: str = "") -> Callable[[Api], str]:
    def path(api: Api) -> str:
        query = {"workspace": workspace, "task_name": task, "limit": 1} | ({"status": status} if status else {})
        (found,) = api.get("/api/jobs", **query)["items"]
        return f"/jobs/{found['job_id']}{more}"

    return path


def _open_palette(page: Page) -> None:
    page.keyboard.press("Control+k")
    page.get_by_role("dialog").wait_for()


def _open_keys(page: Page) -> None:
    page.keyboard.press("?")
    page.get_by_role("dialog").wait_for()


PLACES = (
    Place(name="home", path=_at("/"), shows="main h1", is_in_guide=True),
    Place(name="jobs", path=_at("/jobs"), shows="[data-job], a[href^='/jobs/']", is_in_guide=True),
    Place(name="jobs-none", path=_at("/jobs?q=nothing-has-this-name"), shows="text=Nothing matches"),
    Place(name="job-running", path=_job("reprocess", "catalog", "running"), shows="main h1", is_in_guide=True),
    Place(name="job-failed", path=_job("many"), shows="main h1"),
    Place(name="job-input", path=_job("reprocess", "catalog", more="?tab=values"), shows="main h1"),
    Place(name="job-history", path=_job("reprocess", "catalog", more="?tab=history"), shows="main h1"),
    Place(name="job-log", path=_job("loud", more="/log?step=build-index"), shows="[role=log]", is_in_guide=True),
    Place(name="tasks", path=_at("/tasks"), shows="main h1", is_in_guide=True),
    Place(name="task", path=_at("/tasks/catalog/reprocess"), shows="main form", is_in_guide=True),
    Place(name="workspaces", path=_at("/workspaces"), shows="main a[href^='/workspaces/']", is_in_guide=True),
    Place(name="workspace", path=_at("/workspaces/catalog"), shows="main h1"),
    Place(name="workspace-invalid", path=_at("/workspaces/flows"), shows="main h1", is_in_guide=True),
    Place(
        name="workspace-files",
        path=_at("/workspaces/catalog?tab=files&file=.workflows/images/reprocess.yaml"),
        shows=".cm-line",
        is_in_guide=True,
    ),
    Place(
        name="editor",
        path=_at("/workspaces/flows/edit?file=.workflows/digest/evening.yaml"),
        shows=".cm-lintRange-error",
        is_in_guide=True,
    ),
    Place(
        name="editor-patch",
        path=_at("/workspaces/flows/edit?file=.workflows/hello.yaml&pane=patch"),
        shows=".cm-line, [role=tab]",
    ),
    Place(name="approvals", path=_at("/approvals"), shows="main h1", is_in_guide=True),
    Place(name="triggers", path=_at("/triggers"), shows="main a[href^='/triggers/']", is_in_guide=True),
    Place(name="trigger", path=lambda api: _first_trigger(api), shows="main h1"),
    Place(name="queue", path=_at("/queue"), shows="main h1"),
    Place(name="workers", path=_at("/workers"), shows="main h1", is_in_guide=True),
    Place(name="libraries", path=_at("/libraries"), shows="main h1"),
    Place(name="events", path=_at("/events"), shows="main h1"),
    Place(name="plugins", path=_at("/plugins"), shows="main h1"),
    Place(name="settings", path=_at("/settings"), shows="main h1"),
    Place(name="palette", path=_at("/jobs"), shows="main h1", prepare=_open_palette, is_in_guide=True),
    Place(name="keys", path=_at("/jobs"), shows="main h1", prepare=_open_keys),
    Place(name="no-such-page", path=_at("/no-such-page"), shows="main h1"),
)


_ACCOUNTS = ("account", "users")


def _first_trigger(api: Api) -> str:
    (first, *_) = api.get("/api/triggers", limit=1)["items"]
    return f"/triggers/{first['workspace']}/{first['name']}"


def main() -> None:
    """Takes the pictures of the guide."""
    build_ui()
    IMAGES.mkdir(parents=True, exist_ok=True)
    with _scene() as scene, chromium() as browser:
        api = Api(scene.address)
        context = browser.new_context(base_url=scene.address, viewport=SIZES[0], locale="en-GB")
        page = context.new_page()
        for place in PLACES:
            if place.is_in_guide:
                place.go(page, api)
                page.screenshot(path=IMAGES / f"{place.name}.png", animations="disabled")
                print(IMAGES / f"{place.name}.png", flush=True)

    with _with_sign_in() as program, chromium() as browser:
        _take_accounts(program.address, browser)


def _take_accounts(address: str, browser: Browser) -> None:
    """Takes the pictures of sign-in and of accounts."""
    admin = people.administrator(address)
    ada = people.make_person(admin, "Ada Berg", is_admin=True)
    for name, groups in (("Bo Dahl", ["data"]), ("Cy Eng", ["data", "oncall"]), ("Di Foss", [])):
        person = people.make_person(admin, name)
        admin.put(f"/api/users/{person.user_id}/groups", {"groups": groups})
    key = {"name": "nightly report", "expires_in_days": 90, "verbs": ["job.run", "logs.read"]}
    Api(address, people.password_token(address, ada)).post("/api/auth/api-keys", key)
    page = browser.new_context(base_url=address, viewport=SIZES[0], locale="en-GB").new_page()
    page.goto("/jobs")
    people.fill_in(page, ada, "not-the-password-of-ada")
    page.get_by_role("alert").wait_for()
    page.screenshot(path=IMAGES / "login.png", animations="disabled")
    people.fill_in(page, ada)
    page.get_by_role("button", name="Signed in as").wait_for()
    for name in _ACCOUNTS:
        page.goto(f"/{name}")
        page.get_by_role("table").first.wait_for()
        page.wait_for_load_state("networkidle")
        page.screenshot(path=IMAGES / f"{name}.png", animations="disabled")


@contextmanager
def _with_sign_in() -> Iterator[Program]:
    """A server where people sign in."""
    with tempfile.TemporaryDirectory(prefix="stroem-tour-") as folder:
        Path(folder).chmod(0o755)  # PostgreSQL may run under another account

        def start(*arguments: str) -> Program:
            return Program(*arguments, env=environment(), cwd=ROOT)

        workspace = ROOT / "workspaces" / "example"
        yield from people.start_with_sign_in(start, Path(folder) / "data", workspace)


@contextmanager
def _scene() -> Iterator[Program]:
    with tempfile.TemporaryDirectory(prefix="stroem-tour-") as folder:
        Path(folder).chmod(0o755)  # PostgreSQL may run under another account
        program = scene_program(Path(folder) / "scene")
        try:
            yield program
        finally:
            program.stop()


if __name__ == "__main__":
    main()
