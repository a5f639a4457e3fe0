"""What the program prints."""

import datetime
import logging
import re
import time
from collections.abc import Iterator

import pytest

from stroem.cli.output.output import print_table, shown_seconds, shown_time, took
from stroem.cli.output.step_table import chosen_steps, step_counts
from stroem.cli.program.logging import LineFormatter
from tests.docs.page import ROOT


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.123, "0.12 s"), (12.34, "12.3 s"), (125, "2m 05s"), (10920, "3h 02m")]
)
def test_lengths_of_time(seconds: float, text: str) -> None:
    assert shown_seconds(seconds) == text


@pytest.fixture
def far_zone(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The programs run in Kathmandu meanwhile."""
    with monkeypatch.context() as patched:
        patched.setenv("TZ", "Asia/Kathmandu")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.usefixtures("far_zone")
def test_times_are_in_utc_and_say_so() -> None:
    assert shown_time("2026-01-31T23:59:59.9Z") == "2026-01-31 23:59:59 UTC"
    assert shown_time("2026-02-01T01:00:00+02:00") == "2026-01-31 23:00:00 UTC"
    assert shown_time(None) == "-"
    record = logging.makeLogRecord({"msg": "x", "created": 0.25, "msecs": 250})
    assert LineFormatter("%(asctime)s %(message)s").format(record) == "1970-01-01 00:00:00.250 UTC x"


def test_no_module_shows_times_in_the_zone_of_its_machine() -> None:
    local = re.compile(r"astimezone\(\)|localtime\(|datetime\.now\(\)|fromtimestamp\([^,()]+\)")
    files = [*(ROOT / "stroem").rglob("*.py"), *(ROOT / "plugins").glob("*/stroem_*/*.py")]
    assert files
    found = {path.relative_to(ROOT).as_posix() for path in files if local.search(path.read_text())}
    assert found == {"stroem/templating/filters/functions.py"}, "Tera's now() gives the offset of its zone along"


def test_took_counts_from_start_to_end_or_now() -> None:
    start = datetime.datetime.now(datetime.UTC)
    row = {"started_at": start.isoformat(), "completed_at": (start + datetime.timedelta(seconds=2)).isoformat()}
    assert took(row) == "2.00 s"
    assert took({"started_at": start.isoformat(), "completed_at": None}).startswith("0.")
    assert took({"started_at": None}) == "-"


def test_columns_are_as_wide_as_their_widest_cell(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(("A", "B"), [("longer", "x"), ("y", "")])
    assert capsys.readouterr().out == "A       B\nlonger  x\ny\n"


def test_the_steps_that_matter_are_shown_first() -> None:
    steps = [
        {"step_name": str(number), "status": status}
        for number, status in enumerate(["completed", "running", "pending", "failed", "completed"])
    ]
    assert [step["step_name"] for step in chosen_steps(steps, 3)] == ["0", "1", "3"]
    assert step_counts(steps) == "1 failed, 1 running, 2 completed, 1 pending"
