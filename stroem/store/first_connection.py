"""First connection of a server to its database: waits, and explains failures with the next step."""

import asyncio
import logging
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg import conninfo

from stroem.errors import DatabaseFailed

LOGGER = logging.getLogger(__name__)

_FIRST_PAUSE = 0.2
_LONGEST_PAUSE = 5.0
_CONNECT_SECS = 10
_REASON = re.compile(r".*(?:failed:|FATAL:|\[Errno [-0-9]+\])\s*([^\n]+)")
_NO_DATABASE = re.compile(r'database "(.*)" does not exist')
_NO_ENTRY = re.compile(
    r'password|role ".*" does not exist|no pg_hba\.conf entry|authentication|not permitted to log in'
)


async def first_connection(url: str, wait_secs: float) -> psycopg.AsyncConnection[Any]:
    """Connects, waiting up to `wait_secs` for the database.

    Raises `DatabaseFailed` when that time is over, and at once for a missing database or a refused user.
    """
    place, begun, pause = place_of(url), time.monotonic(), _FIRST_PAUSE
    while True:
        try:
            connection = await psycopg.AsyncConnection.connect(url, **_timeout(url))
        except psycopg.OperationalError as error:
            waited = time.monotonic() - begun
            reason = _reason(error)
            if _is_final(reason) or waited + pause > wait_secs:
                raise DatabaseFailed(message=_message(place, reason, waited)) from error
            if pause == _FIRST_PAUSE:
                LOGGER.warning("the database at %s is away (%s); waiting up to %g s for it", place, reason, wait_secs)
        else:
            if pause > _FIRST_PAUSE:
                LOGGER.warning("the database at %s is there after %.1f s", place, time.monotonic() - begun)
            return connection
        await asyncio.sleep(pause)
        pause = min(pause * 2, _LONGEST_PAUSE)


@contextmanager
def refusals_told(url: str) -> Iterator[None]:
    """Raises `DatabaseFailed` for refusals inside the block: missing rights, a full disk."""
    try:
        yield
    except psycopg.Error as error:
        reason = _reason(error)
        raise DatabaseFailed(
            message=f"The database at {place_of(url)} (db.url) cannot be brought to this version: {reason}. "
            "Its user must own the tables and be able to create more."
        ) from error


def place_of(url: str) -> str:
    """Address of a database without its password. Raises `DatabaseFailed` for an invalid address."""
    parts = _parts(url)
    host = parts.get("host") or parts.get("hostaddr") or "localhost"
    port = "" if str(host).startswith("/") else f":{parts.get('port', 5432)}"
    user = f"{parts['user']}@" if parts.get("user") else ""
    return f"postgresql://{user}{host}{port}/{parts.get('dbname', '')}"


def _parts(url: str) -> dict[str, Any]:
    try:
        return dict(conninfo.conninfo_to_dict(url))
    except psycopg.ProgrammingError:
        raise DatabaseFailed(
            message="db.url is no address of a database; one looks like postgresql://user:password@host:5432/stroem"
        ) from None  # its text holds the password


def _timeout(url: str) -> dict[str, Any]:
    return {} if "connect_timeout" in _parts(url) else {"connect_timeout": _CONNECT_SECS}


def _reason(error: psycopg.Error) -> str:
    text = str(error)
    found = _REASON.findall(text)
    return (found[-1] if found else text.partition("\n")[0]).strip().rstrip(".")


def _is_final(reason: str) -> bool:
    return bool(_NO_DATABASE.search(reason) or _NO_ENTRY.search(reason))


def _message(place: str, reason: str, waited: float) -> str:
    if found := _NO_DATABASE.search(reason):
        return f"There is no database {found[1]!r} at {place}. Create it (createdb), or name another in db.url."
    if _NO_ENTRY.search(reason):
        return f"The database at {place} refuses the user: {reason}. Correct the user and password in db.url."
    return (
        f"The database at {place} cannot be reached: {reason} (waited {waited:.0f} s; db.startup_timeout). "
        "Start PostgreSQL there, or correct db.url."
    )
