"""Debian's chromium under Playwright, and what a page did wrong in it."""

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, sync_playwright

_NAMES = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-dev-shm-usage")


def find_chromium() -> str:
    """The path of chromium. Without one the test is skipped, in CI it fails."""
    found = next(filter(None, map(shutil.which, _NAMES)), None)
    if found is None:
        message = "chromium is missing. On Debian: apt-get install chromium"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    return found


@contextmanager
def chromium() -> Iterator[Browser]:
    """Runs a chromium with a new profile during the block.

    While it runs, this thread has a running event loop: asynchronous tests do not run beside it.
    """
    program = find_chromium()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        yield browser
        browser.close()


class Problems:
    """Faults of pages: errors in the console (violations of the CSP are there), exceptions, failed requests."""

    def __init__(self) -> None:
        self._found: list[str] = []
        self._expected: list[re.Pattern[str]] = []

    def watch(self, page: Page) -> None:
        """Notes the problems of a page from now on."""
        page.on("console", self._note_message)
        page.on("pageerror", lambda error: self._note(f"exception: {error}"))
        page.on("requestfailed", self._note_request)

    def expect(self, pattern: str) -> None:
        """Permits problems whose text has the pattern, like `status of 409`, in this test."""
        self._expected.append(re.compile(pattern))

    def take(self) -> list[str]:
        """The problems up to now, which then count no more."""
        taken, self._found = self._found, []
        return taken

    def check(self) -> None:
        """Fails for each problem that was not expected."""
        left = self.take()
        assert not left, "\n".join(left)

    def _note_message(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self._note(f"console: {message.text} ({message.location.get('url', '')})")

    def _note_request(self, request: Request) -> None:
        if request.failure != "net::ERR_ABORTED":  # the page itself no longer wants it
            self._note(f"request: {request.method} {request.url}: {request.failure}")

    def _note(self, problem: str) -> None:
        if not any(pattern.search(problem) for pattern in self._expected):
            self._found.append(problem)
