"""Views of a watched job: plain lines, JSON lines, or a live table on a terminal."""

import os
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from types import TracebackType
from typing import Any, Protocol, Self

from stroem.cli.output.log_lines import LinePainter
from stroem.cli.output.output import coloured, echo, one_line, took
from stroem.conversion.text import escaped_json


class JobView(Protocol):
    """View of one job while it is watched."""

    wants_log: bool
    wants_steps: bool
    """Whether the view shows log lines and steps; others are not requested from the server."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def log(self, data: str) -> None:
        """Shows log lines, given as JSONL."""

    def steps(self, job: dict[str, Any]) -> None:
        """Shows the status of the steps."""

    def note(self, line: str) -> None:
        """Shows a line about the job that is not in its log."""

    def asking(self) -> AbstractContextManager[object]:
        """Leaves the terminal to a question."""


def view_for(*, as_json: bool) -> JobView:
    """The view for this stdout: JSON, a live table, or plain lines."""
    if as_json:
        return JsonView()
    return LiveView() if on_terminal() else PlainView()


def on_terminal() -> bool:
    """True if stdout is a terminal with colours and cursor control."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


class QuietView:
    """Shows nothing."""

    wants_log = False
    wants_steps = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def log(self, data: str) -> None:
        return None

    def steps(self, job: dict[str, Any]) -> None:
        return None

    def note(self, line: str) -> None:
        return None

    def asking(self) -> AbstractContextManager[object]:
        return nullcontext()


class JsonView(QuietView):
    """Shows the log as JSONL."""

    wants_log = True

    def log(self, data: str) -> None:
        echo(escaped_json(data), nl=False)

    def note(self, line: str) -> None:
        echo(line, err=True)


class PlainView(QuietView):
    """Shows the log as `step | text` lines, with the colours that steps print."""

    wants_log = True

    def __init__(self, *, colour: bool = False) -> None:
        self.painter = LinePainter(colour=colour)

    def log(self, data: str) -> None:
        echo(self.painter.paint(data), nl=False, color=True)

    def note(self, line: str) -> None:
        echo(line, err=True)


class StepView(QuietView):
    """Shows one line for each change of a step's status, and no log."""

    wants_steps = True

    def __init__(self) -> None:
        self.known: dict[str, str] = {}

    def steps(self, job: dict[str, Any]) -> None:
        for step in job["steps"]:
            name, status = step["step_name"], step["status"]
            if self.known.get(name) == status:
                continue
            self.known[name] = status
            message = step.get("error_message") or step.get("skip_reason")
            reason = f": {one_line(message)}" if message else ""
            echo(f"{one_line(name)} {coloured(status)} {took(step)}{reason}")


class LiveView:
    """Shows the log above a live table of the steps."""

    wants_log = True
    wants_steps = True

    def __init__(self) -> None:
        from rich.console import Console  # rich costs 100 ms; only terminals need it
        from rich.live import Live

        self.console = Console(highlight=False, markup=False)
        self.painter = LinePainter(colour=True)
        self.live = Live(console=self.console, refresh_per_second=8, redirect_stdout=False)
        self.is_open = False

    def __enter__(self) -> Self:
        self.live.__enter__()
        self.is_open = True
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.is_open = False
        self.live.__exit__(kind, error, trace)

    def log(self, data: str) -> None:
        from rich.text import Text

        text = Text.from_ansi(self.painter.paint(data).removesuffix("\n"))
        self.console.print(text, soft_wrap=True)

    def note(self, line: str) -> None:
        self.console.print(line, soft_wrap=True)

    def steps(self, job: dict[str, Any]) -> None:
        from stroem.cli.output.step_table import step_table

        self.live.update(step_table(job, rows=max(self.console.height // 2 - 2, 3)))

    @contextmanager
    def asking(self) -> Iterator[None]:
        self.live.stop()
        try:
            yield
        finally:
            if self.is_open:  # the job may have ended meanwhile
                self.live.start()
