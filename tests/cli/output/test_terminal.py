"""What a person at a terminal sees."""

import os
import pty
import subprocess

import pytest

from tests.support.programs import STROEM

pytestmark = pytest.mark.xdist_group("up")


@pytest.fixture
def at_terminal(running, environment):
    """Runs the program with a terminal as its stdout; what it wrote, and its exit code."""

    def run(*arguments: str, **more: str) -> tuple[str, int]:
        ours, theirs = pty.openpty()
        env = environment(STROEM_URL=running.address, TERM="xterm-256color", **more)
        process = subprocess.Popen(
            [*STROEM, *arguments],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            env=env,
        )
        os.close(theirs)
        written = b""
        while True:
            try:
                data = os.read(ours, 65536)
            except OSError:  # how Linux says that nobody holds the other end
                break
            if not data:
                break
            written += data
        os.close(ours)
        return written.decode(), process.wait(30)

    return run


def test_follow_shows_the_log_and_a_table_of_steps(at_terminal) -> None:
    written, code = at_terminal("trigger", "hello", "name=Ada", "--follow")
    assert code == 0
    assert "Hello, Ada!" in written
    assert "✓" in written
    assert "\x1b[36mgreet" in written or "\x1b[32mgreet" in written


def test_watch_shows_a_table_of_steps(at_terminal) -> None:
    written, _ = at_terminal("trigger", "broken", "--json")
    job_id = next(word for word in written.replace('"', " ").split() if word.count("-") == 4)
    written, code = at_terminal("status", job_id, "--watch")
    assert code == 1
    assert "✗" in written
    assert "\x1b[31m" in written


def test_no_color_is_honoured(at_terminal) -> None:
    written, code = at_terminal("trigger", "hello", "name=Ada", "--follow", NO_COLOR="1")
    assert code == 0
    assert "greet | Hello, Ada!" in written
    assert "\x1b[" not in written
