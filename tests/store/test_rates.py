"""Rates of webhooks, of all servers together."""

import asyncio

import pytest

from stroem.definitions.limit import Rate
from stroem.store.database import Database
from stroem.store.rates import _wait_windows, _Window, take_of_rate

DAY = 24 * 3600


async def take(database: Database, rate: Rate, trigger: str = "in") -> int | None:
    async with database.read() as connection:
        return await take_of_rate(connection, "main", trigger, rate)


async def test_requests_beyond_the_rate_wait(database: Database) -> None:
    rate = Rate(starts=3, secs=366 * DAY)
    assert [await take(database, rate) for _ in range(3)] == [None] * 3
    refused = await take(database, rate)
    assert refused is not None
    assert 1 <= refused <= 2 * rate.secs
    assert await take(database, rate, "other") is None


async def test_requests_at_the_same_time(database: Database) -> None:
    rate = Rate(starts=7, secs=366 * DAY)
    found = await asyncio.gather(*(take(database, rate) for _ in range(30)))
    assert found.count(None) == 7


async def test_those_that_begin_before_the_first_row_is_there_are_refused_too(database: Database) -> None:
    """Many rounds: a statement that does not see the row yet, and finds it full, must not pass."""
    for number in range(20):
        found = await asyncio.gather(*(take(database, Rate(starts=1, secs=DAY), f"t{number}") for _ in range(10)))
        assert found.count(None) == 1


async def test_the_window_before_counts_for_its_share(database: Database) -> None:
    """Half of a window of a year and a half before now, of which as much has passed as of this one."""
    secs = 366 * DAY
    rate = Rate(starts=100, secs=secs)
    async with database.read() as connection:
        await connection.execute(
            "INSERT INTO rates SELECT 'main', 'in', floor(extract(epoch FROM now()) / %s)::bigint - 1, 100, 0",
            (secs,),
        )
        rows = await (
            await connection.execute(
                "SELECT extract(epoch FROM now())::float8 / %s - floor(extract(epoch FROM now()) / %s)", (secs, secs)
            )
        ).fetchall()
    passed = float(rows[0][0])
    found = [await take(database, rate) for _ in range(100)]
    assert abs(found.count(None) - int(passed * 100)) <= 1
    assert found.index(next(one for one in found if one is not None)) == found.count(None), "then all are refused"


async def test_a_window_long_ago_does_not_count(database: Database) -> None:
    async with database.read() as connection:
        await connection.execute("INSERT INTO rates VALUES ('main', 'in', 1, 1000, 1000)")
    assert await take(database, Rate(starts=1, secs=60)) is None


@pytest.mark.parametrize(
    ("window", "starts", "windows"),
    [
        (_Window(1, 0, 0.25), 1, 0.75 + 1.0),
        (_Window(0, 10, 0.0), 10, 0.1),
        (_Window(5, 10, 0.5), 10, 0.1),
        (_Window(10, 0, 0.5), 10, 0.5 + 0.1),
    ],
)
def test_the_time_until_there_is_room(window: _Window, starts: int, windows: float) -> None:
    assert _wait_windows(window, starts) == pytest.approx(windows)
