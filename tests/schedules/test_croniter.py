"""Times of schedules against croniter, where both read an expression the same way."""

import datetime
import zoneinfo

import croniter
from hypothesis import given, settings
from hypothesis import strategies as st

from stroem.schedules.cron import cron_fault, read_cron
from stroem.schedules.times import next_after

UTC = zoneinfo.ZoneInfo("UTC")


def field(least: int, most: int) -> st.SearchStrategy[str]:
    number = st.integers(least, most)
    pair = st.tuples(number, number).map(sorted).filter(lambda ends: ends[0] < ends[1] and ends != [least, most])
    entry = number.map(str) | pair.map(lambda ends: f"{ends[0]}-{ends[1]}")
    stepped = st.tuples(pair, st.integers(2, 9)).map(lambda one: f"{one[0][0]}-{one[0][1]}/{one[1]}")
    lists = st.lists(entry | stepped, min_size=1, max_size=3).map(",".join)
    return st.just("*") | lists


DAYS = st.tuples(field(1, 28), field(1, 12), field(0, 6)) | st.tuples(
    st.sampled_from(["*", "L"]), field(1, 12), st.just("*")
)
NTH = st.tuples(st.just("*"), field(1, 12), st.sampled_from(["MON#1", "TUE#3", "FRI#4"]))
EXPRESSIONS = st.tuples(field(0, 59), field(0, 23), DAYS | NTH).map(lambda one: " ".join([one[0], one[1], *one[2]]))
STARTS = st.datetimes(
    datetime.datetime(2020, 1, 1),  # noqa: DTZ001 (hypothesis wants it so)
    datetime.datetime(2035, 1, 1),  # noqa: DTZ001
    timezones=st.just(datetime.UTC),
)


@settings(deadline=None, max_examples=60)
@given(EXPRESSIONS, STARTS)
def test_the_next_three_times(text: str, start: datetime.datetime) -> None:
    assert cron_fault(text) is None
    start = start.replace(microsecond=0)
    other, instant = croniter.croniter(text, start), start
    for _ in range(3):
        following = next_after(read_cron(text), UTC, instant)
        assert following == other.get_next(datetime.datetime)
        assert following is not None
        instant = following
