"""A browser, and in each file of tests a Strøm of its own that serves the built UI."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect

from tests.cli.conftest import environment, make_data_dir, start, workspace_dir
from tests.support.programs import PATIENCE_SECS, Program
from tests.ui.api import Api
from tests.ui.browser import Problems, chromium
from tests.ui.built import build_ui
from tests.ui.screenshots import SIZES

NewPage = Callable[..., Page]
"""Opens a page: `new_page("/jobs", size=ViewportSize(width=390, height=844), theme="dark")`."""

expect.set_options(timeout=PATIENCE_SECS * 1000)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keeps the tests of a file in one process: they share a server and a browser.

    It comes first: the plugin that distributes the tests reads the groups in the same hook.
    """
    here = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(here):
            item.add_marker(pytest.mark.xdist_group(f"ui-{item.path.stem}"))


@pytest.fixture(scope="session")
def built_ui() -> None:
    """The UI as it is now, built."""
    build_ui()


@pytest.fixture(scope="module")
def running(
    built_ui: None, make_data_dir: Callable[[], Path], workspace_dir: Path, start: Callable[..., Program]
) -> Iterator[Program]:
    """A server with a worker on the workspace `default`; files have others by a fixture `workspace_dir`."""
    data = str(make_data_dir())
    program = start("up", "--json", "--port", "0", "--data-dir", data, "--workspace", str(workspace_dir))
    yield program
    if program.process.poll() is None:
        program.stop()


@pytest.fixture(scope="module")
def api(running: Program) -> Api:
    """The API of the server."""
    return Api(running.address)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A chromium with an empty profile."""
    with chromium() as started:
        yield started


@pytest.fixture
def problems() -> Iterator[Problems]:
    """Problems of all pages of the test, which fail it at its end; `problems.expect(pattern)` permits some."""
    noted = Problems()
    yield noted
    noted.check()


@pytest.fixture
def new_page(browser: Browser, running: Program, problems: Problems) -> Iterator[NewPage]:
    """Opens pages of the server, each in a context (storage, cookies) of its own."""
    contexts = []

    def open_page(path: str = "", *, size: ViewportSize = SIZES[0], theme: str = "light") -> Page:
        context = browser.new_context(
            base_url=running.address, viewport=size, color_scheme=theme, locale="en-GB", timezone_id="Europe/Oslo"
        )
        context.set_default_timeout(PATIENCE_SECS * 1000)
        contexts.append(context)
        page = context.new_page()
        problems.watch(page)
        if path:
            page.goto(path)
        return page

    yield open_page
    for context in contexts:
        context.close()


@pytest.fixture
def page(new_page: NewPage) -> Page:
    """A page of 1440 by 900 in the light theme; `page.goto("/jobs")` goes to a path of the server."""
    return new_page()
