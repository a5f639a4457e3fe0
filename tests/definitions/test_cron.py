"""Cron expressions as workflows write them."""

import datetime

import croniter
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stroem.definitions.cron import computable, cron_problem


@pytest.mark.parametrize(
    "text",
    [
        "* * * * *",
        "*/5 9-17 * * MON-FRI",
        "0 3 1,15 JAN,JUL *",
        "30 0 3 * * *",
        "0 0 3 * * * 2099",
        "0 0 L * *",
        "0 0 15W * *",
        "0 0 LW * *",
        "0 0 * * 5L",
        "0 0 * * FRIL",
        "0 0 * * MON#2",
        "0 0 ? * 7",
        "0 0 1 * +MON",
        "0 0 29 2 *",
        "@yearly",
        "@annually",
        "@monthly",
        "@weekly",
        "@daily",
        "@hourly",
    ],
)
def test_expressions_that_are_right(text: str) -> None:
    assert cron_problem(text) is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "'' has 0 fields instead of 5"),
        ("* * * *", "'* * * *' has 4 fields instead of 5"),
        ("* * * * * * * *", "'* * * * * * * *' has 8 fields instead of 5"),
        ("60 * * * *", "'60' cannot be the minute"),
        ("60 0 * * * *", "'60' cannot be the second"),
        ("0 24 * * *", "'24' cannot be the hour"),
        ("0 0 32 * *", "'32' cannot be the day of the month"),
        ("0 0 * FOO *", "'FOO' cannot be the month"),
        ("0 0 * * 8", "'8' cannot be the day of the week"),
        ("*/0 * * * *", "'*/0' cannot be the minute"),
        ("R * * * *", "'R' cannot be the minute"),
        ("H(0-5) * * * *", "'H(0-5)' cannot be the minute"),
        ("0 0 31 2 *", "'0 0 31 2 *' never comes"),
        ("@reboot", "there is no '@reboot'"),
    ],
)
def test_expressions_that_are_wrong(text: str, message: str) -> None:
    problem = cron_problem(text)
    assert problem is not None
    assert problem[0] == message


@pytest.mark.slow("a property over many examples")
@given(st.text(alphabet="0123456789*/,-?LWRH#+@ JANMON", max_size=30) | st.text(max_size=20))
def test_no_text_raises(text: str) -> None:
    cron_problem(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0 0 * * 5L", "2024-03-29 00:00:00"),
        ("0 0 * * FRIL", "2024-03-29 00:00:00"),
        ("0 0 1 * +MON", "2024-03-18 00:00:00"),
        ("0 0 15W * *", "2024-04-15 00:00:00"),
        ("30 0 3 * * *", "2024-03-16 03:00:30"),
        ("0 0 3 * * * 2030", "2030-01-01 03:00:00"),
        ("@annually", "2025-01-01 00:00:00"),
        ("@hourly", "2024-03-16 00:00:00"),
    ],
)
def test_what_is_computable_tells_its_times(text: str, expected: str) -> None:
    computable_text = computable(text)
    assert computable_text is not None
    times = croniter.croniter(
        computable_text, datetime.datetime(2024, 3, 15, 23, 30, tzinfo=datetime.UTC), second_at_beginning=True
    )
    assert str(times.get_next(datetime.datetime)) == f"{expected}+00:00"


def test_the_last_weekday_is_not_computable() -> None:
    assert computable("0 0 LW * *") is None
    assert computable("0 0 1,lw * *") is None
