"""Exit codes in words."""

import pytest

from stroem.worker.steps.exit_text import exit_text


@pytest.mark.parametrize(
    ("code", "text"),
    [
        (1, "1"),
        (127, "127"),
        (128, "128"),
        (255, "255"),
        (-1000, "-1000"),
        (-9, "-9 (SIGKILL: often the system, for lack of memory)"),
        (137, "137 (as a shell reports SIGKILL: often the system, for lack of memory)"),
        (-11, "-11 (SIGSEGV: the program used memory that is not its own)"),
        (-15, "-15 (SIGTERM)"),
        (130, "130 (as a shell reports SIGINT)"),
        (-40, "-40 (signal 40)"),
    ],
)
def test_signals_are_named(code: int, text: str) -> None:
    assert exit_text(code) == text
