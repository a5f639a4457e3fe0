"""Counts the tests that a run leaves out because they are slow."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import pytest


class LeftOut:
    """Shows at the end of a run how many slow tests it left out, and of which kinds.

    With xdist the workers select the tests, each the same ones, and the controller shows what one of them counted.
    """

    def __init__(self) -> None:
        self._kinds: Counter[str] = Counter()

    def pytest_deselected(self, items: Sequence[pytest.Item]) -> None:
        """Counts them by the kind that their marker names."""
        slow = [marker for item in items if (marker := item.get_closest_marker("slow"))]
        self._kinds.update(marker.args[0] for marker in slow)

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Hands the counts of a worker over to the controller."""
        if (output := getattr(session.config, "workeroutput", None)) is not None:
            output["left_out"] = dict(self._kinds)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Takes the counts of a worker."""
        self._kinds |= Counter(getattr(node, "workeroutput", {}).get("left_out", {}))

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Shows the counts."""
        if self._kinds:
            terminalreporter.section("left to `make test-all`")
            for kind, count in self._kinds.most_common():
                terminalreporter.line(f"{count:5} {kind}")
            terminalreporter.line(f"{self._kinds.total():5} slow tests in all")
