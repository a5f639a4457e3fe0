"""Numbers and points in time are read in the documented forms alone."""

import datetime

import pytest

from stroem.conversion import literals


@pytest.mark.parametrize(
    "value", ["1_000", "\u0661\u0662", " 5", "5 ", "", "0x10", "5.0", "9223372036854775808", 2**63, 1e300, True]
)
def test_what_is_no_whole_number(value: object) -> None:
    with pytest.raises(ValueError, match=r"expected|out of range|day is"):
        literals.whole_number(value)


@pytest.mark.parametrize(
    "value", ["1_0.5", "\u0661", "nan", "inf", "1e999", " 1", "", "1.5.", True, 2**64, float("inf")]
)
def test_what_is_no_number(value: object) -> None:
    with pytest.raises(ValueError, match=r"expected|out of range|day is"):
        literals.number(value)


@pytest.mark.parametrize(
    "value", ["20260131", "2026-W05-6", "2026-1-31", "2026-02-30", "\u0662\u0660\u0662\u0666-01-31", "", 20260131]
)
def test_what_is_no_date(value: object) -> None:
    with pytest.raises(ValueError, match=r"expected|out of range|day is"):
        literals.date(value)


@pytest.mark.parametrize(
    "value", ["20260131T120000Z", "2026-01-31T", "2026-01-31T12", "2026-01-31T12:00:00+01", "noon", 5]
)
def test_what_is_no_timestamp(value: object) -> None:
    with pytest.raises(ValueError, match=r"expected|out of range|day is"):
        literals.timestamp(value)


def test_the_documented_forms() -> None:
    assert literals.whole_number("-12") == literals.whole_number(-12.0) == -12
    assert literals.number("-1.5e3") == -1500
    assert literals.date("2026-01-31") == datetime.date(2026, 1, 31)
    moment = datetime.datetime(2026, 1, 31, 12, tzinfo=datetime.UTC)
    assert literals.timestamp("2026-01-31T12:00:00Z") == literals.timestamp("2026-01-31 13:00:00.000+01:00") == moment
    assert literals.timestamp("2026-01-31T12:00") == moment.replace(tzinfo=None)
