"""What the program prints."""

import datetime

import pytest

from stroem.cli.output import print_table, shown_seconds, took
from stroem.cli.step_table import chosen_steps, step_counts


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.123, "0.12 s"), (12.34, "12.3 s"), (125, "2m 05s"), (10920, "3h 02m")]
)
def test_lengths_of_time(seconds: float, text: str) -> None:
    assert shown_seconds(seconds) == text


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
