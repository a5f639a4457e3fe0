"""Rates of webhooks and of tries to sign in, counted in the database: they hold for all servers together."""

import math

import attrs

from stroem.definitions.limit import Rate
from stroem.store.statement import Connection, execute, fetch

# The requests of the last `secs` seconds are those of this window, and of the one before the share that has not passed.
_TAKE = """
    WITH now AS MATERIALIZED (
        SELECT floor(at / %(secs)s)::bigint AS number, at / %(secs)s - floor(at / %(secs)s) AS passed
        FROM (SELECT extract(epoch FROM clock_timestamp())::float8 AS at) clock
    ), taken AS (
        INSERT INTO rates AS own (owner, name, number, count, former, until)
        SELECT %(owner)s, %(name)s, number, 1, 0, to_timestamp((number + 2) * %(secs)s) FROM now
        ON CONFLICT (owner, name) DO UPDATE SET
            number = greatest(own.number, excluded.number),
            until = greatest(own.until, excluded.until),
            count = CASE WHEN own.number >= excluded.number THEN own.count + 1 ELSE 1 END,
            former = CASE WHEN own.number >= excluded.number THEN own.former
                          WHEN own.number = excluded.number - 1 THEN own.count ELSE 0 END
        WHERE CASE WHEN own.number >= excluded.number THEN own.count + own.former * (1 - (SELECT passed FROM now))
                   WHEN own.number = excluded.number - 1 THEN own.count * (1 - (SELECT passed FROM now))
                   ELSE 0 END <= %(starts)s - 1
        RETURNING number
    )
    SELECT EXISTS (SELECT FROM taken), now.passed, now.number, own.number, own.count, own.former
    FROM now LEFT JOIN rates own ON own.owner = %(owner)s AND own.name = %(name)s
    """


@attrs.frozen
class _Window:
    """Counted requests of this window and of the one before, and the part of this window that has passed."""

    count: int
    former: int
    passed: float


async def take_of_rate(connection: Connection, owner: str, name: str, rate: Rate) -> int | None:
    """Counts a request; None, or the seconds after which there is room for one again.

    `owner` and `name` are a workspace and its trigger, or what is limited (`/sign-in`) and for whom.
    """
    values = {"owner": owner, "name": name, "secs": rate.secs, "starts": rate.starts}
    is_taken, passed, current, number, count, former = (await fetch(connection, _TAKE, values))[0]
    if is_taken:
        return None
    if number is None:  # others have made the row since this statement began, and taken all
        window = _Window(rate.starts, 0, passed)
    else:
        window = _Window(count, former, passed) if number >= current else _Window(0, count, passed)
    return max(1, math.ceil(_wait_windows(window, rate.starts) * rate.secs))


def _wait_windows(window: _Window, starts: int) -> float:
    """The time until there is room for one more request, in windows."""
    room = starts - 1
    if window.count <= room and window.former:
        return max(0.0, 1 - (room - window.count) / window.former - window.passed)
    return 1 - window.passed + max(0.0, 1 - room / max(window.count, 1))


async def forget_ended_rates(connection: Connection, limit: int, skip: int) -> int:
    """Deletes up to `limit` counts that bound nothing any more, after the first `skip`; returns their number."""
    ended = "SELECT owner, name FROM rates WHERE until < now() ORDER BY until LIMIT %s OFFSET %s"
    return await execute(connection, f"DELETE FROM rates WHERE (owner, name) IN ({ended})", [limit, skip])  # noqa: S608 - constants
