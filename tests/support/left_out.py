"""Counts the tests that a run leaves out because they are slow."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import pytest


class LeftOut:
    """Prints at the end of a run the number of slow tests that it left out, by kind.

    With xdist every worker deselects the same tests; the controller prints the counts of one worker.
    """

    def __init__(self) -> None:
        self._kinds: Counter[str] = Counter()

    def pytest_deselected(self, items: Sequence[pytest.Item]) -> None:
        """Counts slow tests by the kind in their marker."""
        slow = [marker for item in items if (marker := item.get_closest_marker("slow"))]
        self._kinds.update(marker.args[0] for marker in slow)

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Sends the counts of a worker to the controller."""
        if (output := getattr(session.config, "workeroutput", None)) is not None:
            output["left_out"] = dict(self._kinds)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Receives the counts of a worker."""
        self._kinds |= Counter(getattr(node, "workeroutput", {}).get("left_out", {}))

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Prints the counts."""
        if self._kinds:
            terminalreporter.section("left to `make test-all`")
            for kind, count in self._kinds.most_common():
                terminalreporter.line(f"{count:5} {kind}")
            terminalreporter.line(f"{self._kinds.total():5} slow tests in all")
