"""The dialect of cron expressions: which are valid, and what they name."""

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stroem.schedules.cron import cron_fault, read_cron

START = datetime.datetime(2024, 3, 15, 23, 30)  # noqa: DTZ001 (a time of the clock, a Friday)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("* * * * *", ["2024-03-15 23:30:00", "2024-03-15 23:31:00"]),
        ("*/20 * * * * *", ["2024-03-15 23:30:00", "2024-03-15 23:30:20"]),
        ("*/25 * * * *", ["2024-03-15 23:50:00", "2024-03-16 00:00:00"]),
        ("5/25 * * * *", ["2024-03-15 23:30:00", "2024-03-15 23:55:00"]),
        ("0-10/5,45 * * * *", ["2024-03-15 23:45:00", "2024-03-16 00:00:00"]),
        ("0 9-17 * * MON-FRI", ["2024-03-18 09:00:00", "2024-03-18 10:00:00"]),
        ("0 22-1 * * *", ["2024-03-16 00:00:00", "2024-03-16 01:00:00", "2024-03-16 22:00:00"]),
        ("0 3 1,15 JAN,JUL *", ["2024-07-01 03:00:00", "2024-07-15 03:00:00", "2025-01-01 03:00:00"]),
        ("0 0 1 nov-feb *", ["2024-11-01 00:00:00", "2024-12-01 00:00:00", "2025-01-01 00:00:00"]),
        ("30 0 3 * * *", ["2024-03-16 03:00:30"]),
        ("0 0 3 * * * 2030", ["2030-01-01 03:00:00"]),
        ("0 0 0 1 1 * 2030-2099/30", ["2030-01-01 00:00:00", "2060-01-01 00:00:00", "2090-01-01 00:00:00"]),
        ("0 0 0 1 1 * *", ["2025-01-01 00:00:00"]),
        ("0 0 L * *", ["2024-03-31 00:00:00", "2024-04-30 00:00:00"]),
        ("0 0 1,L 2 *", ["2025-02-01 00:00:00", "2025-02-28 00:00:00", "2026-02-01 00:00:00"]),
        ("0 0 LW * *", ["2024-03-29 00:00:00", "2024-04-30 00:00:00", "2024-05-31 00:00:00", "2024-06-28 00:00:00"]),
        ("0 0 1,lw * *", ["2024-03-29 00:00:00", "2024-04-01 00:00:00"]),
        ("0 0 15W * *", ["2024-04-15 00:00:00", "2024-05-15 00:00:00", "2024-06-14 00:00:00"]),
        ("0 0 1W * *", ["2024-04-01 00:00:00", "2024-05-01 00:00:00", "2024-06-03 00:00:00"]),
        ("0 0 31W * *", ["2024-03-29 00:00:00", "2024-05-31 00:00:00", "2024-07-31 00:00:00"]),
        ("0 0 30W * *", ["2024-03-29 00:00:00", "2024-04-30 00:00:00", "2024-05-30 00:00:00", "2024-06-28 00:00:00"]),
        ("0 0 * * 5L", ["2024-03-29 00:00:00", "2024-04-26 00:00:00"]),
        ("0 0 * * FRIL", ["2024-03-29 00:00:00"]),
        ("0 0 * * FRI#L", ["2024-03-29 00:00:00"]),
        ("0 0 * * MON#2", ["2024-04-08 00:00:00", "2024-05-13 00:00:00"]),
        ("0 0 * * MON#5", ["2024-04-29 00:00:00", "2024-07-29 00:00:00"]),
        ("0 0 * * 6-7#1", ["2024-04-06 00:00:00", "2024-04-07 00:00:00", "2024-05-04 00:00:00"]),
        ("0 0 * * THU,FRI#5", ["2024-03-21 00:00:00", "2024-03-28 00:00:00", "2024-03-29 00:00:00"]),
        ("0 0 ? * 7", ["2024-03-17 00:00:00"]),
        ("0 0 * * 0", ["2024-03-17 00:00:00"]),
        ("0 0 * * 5-7", ["2024-03-16 00:00:00", "2024-03-17 00:00:00", "2024-03-22 00:00:00"]),
        ("0 0 * * FRI-SUN", ["2024-03-16 00:00:00", "2024-03-17 00:00:00", "2024-03-22 00:00:00"]),
        ("0 0 * * 1/2", ["2024-03-18 00:00:00", "2024-03-20 00:00:00", "2024-03-22 00:00:00", "2024-03-25 00:00:00"]),
        ("0 0 20 * ?", ["2024-03-20 00:00:00"]),
        ("0 0 20 * MON", ["2024-03-18 00:00:00", "2024-03-20 00:00:00", "2024-03-25 00:00:00"]),
        ("0 0 1 * +MON", ["2024-04-01 00:00:00", "2024-07-01 00:00:00"]),
        ("0 0 13 * +FRI", ["2024-09-13 00:00:00", "2024-12-13 00:00:00"]),
        ("0 0 * * +MON", ["2024-03-18 00:00:00"]),
        ("0 0 */1 * MON", ["2024-03-18 00:00:00"]),
        ("0 0 29 2 *", ["2028-02-29 00:00:00", "2032-02-29 00:00:00"]),
        ("0 0 29 2 +MON", ["2044-02-29 00:00:00", "2072-02-29 00:00:00", "2112-02-29 00:00:00"]),
        ("@yearly", ["2025-01-01 00:00:00"]),
        ("@annually", ["2025-01-01 00:00:00"]),
        ("@monthly", ["2024-04-01 00:00:00"]),
        ("@weekly", ["2024-03-17 00:00:00"]),
        ("@daily", ["2024-03-16 00:00:00"]),
        ("@midnight", ["2024-03-16 00:00:00"]),
        ("@hourly", ["2024-03-16 00:00:00"]),
    ],
)  # fmt: skip
def test_what_an_expression_names(text: str, expected: list[str]) -> None:
    cron, wall, found = read_cron(text), START, []
    for _ in expected:
        first = cron.first_from(wall)
        assert first is not None
        found.append(str(first))
        wall = first + datetime.timedelta(seconds=1)
    assert found == expected
    for text_before in reversed(expected):
        last = cron.last_to(wall - datetime.timedelta(seconds=1))
        assert str(last) == text_before
        assert last is not None
        wall = last


def test_a_year_that_is_over_has_come() -> None:
    cron = read_cron("0 0 0 1 1 * 2020")
    assert cron.first_from(START) is None
    assert str(cron.last_to(START)) == "2020-01-01 00:00:00"


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
        ("0 0 0 * *", "'0' cannot be the day of the month"),
        ("0 0 L-3 * *", "'L-3' cannot be the day of the month"),
        ("0 0 +1 * *", "'+1' cannot be the day of the month"),
        ("0 0 0W * *", "'0W' cannot be the day of the month"),
        ("0 0 * FOO *", "'FOO' cannot be the month"),
        ("0 0 * ? *", "'?' cannot be the month"),
        ("0 0 * * 8", "'8' cannot be the day of the week"),
        ("0 0 * * L", "'L' cannot be the day of the week"),
        ("0 0 * * MON#6", "'MON#6' cannot be the day of the week"),
        ("0 0 0 * * * 1969", "'1969' cannot be the year"),
        ("0 0 0 * * * 2030-2020", "'2030-2020' cannot be the year"),
        ("*/0 * * * *", "'*/0' cannot be the minute"),
        ("/5 * * * *", "'/5' cannot be the minute"),
        ("*-5 * * * *", "'*-5' cannot be the minute"),
        ("1,,2 * * * *", "'1,,2' cannot be the minute"),
        ("-1 * * * *", "'-1' cannot be the minute"),
        ("٣ * * * *", "'٣' cannot be the minute"),
        ("R * * * *", "'R' cannot be the minute"),
        ("H(0-5) * * * *", "'H(0-5)' cannot be the minute"),
        ("60 24 * * *", "'60' cannot be the minute; '24' cannot be the hour"),
        ("0 0 31 2 *", "'0 0 31 2 *' never comes"),
        ("0 0 0 29 2 * 2026", "'0 0 0 29 2 * 2026' never comes"),
        ("0 0 31 4 +MON", "'0 0 31 4 +MON' never comes"),
        ("@reboot", "there is no '@reboot'"),
    ],
)
def test_expressions_that_are_wrong(text: str, message: str) -> None:
    fault = cron_fault(text)
    assert fault is not None
    assert fault.message == message
    assert fault.hint


def test_each_field_that_is_wrong_is_told_with_what_is_expected() -> None:
    fault = cron_fault("0 24 * 13 *")
    assert fault is not None
    assert fault.hint == "expected 0 to 23 for the hour; 1 to 12 or JAN to DEC for the month"


@given(st.text(alphabet="0123456789*/,-?LWRH#+@ JANMON", max_size=30) | st.text(max_size=20))
def test_no_text_raises_anything_else(text: str) -> None:
    cron_fault(text)
