"""Sessions of one's own account."""

import datetime
import uuid

import attrs
from aiohttp import web

from stroem.server.api.auth.common import Done, accounts_of, check_no_key
from stroem.server.http.audit.recording import leave_out
from stroem.store.accounts import sessions
from stroem.store.accounts.sessions import SessionRow
from stroem.store.database import Database


@attrs.frozen(kw_only=True)
class SessionItem:
    """A session; `is_current` is that of the request."""

    session_id: uuid.UUID
    created_at: datetime.datetime
    last_used_at: datetime.datetime
    expires_at: datetime.datetime
    address: str
    user_agent: str
    is_current: bool


@attrs.frozen(kw_only=True)
class SessionList:
    """The sessions of an account, the last used one first, and their number."""

    items: tuple[SessionItem, ...]
    total: int


@attrs.frozen(kw_only=True)
class EndedSessions:
    """The number of sessions that have been ended."""

    ended: int


async def list_sessions(request: web.Request) -> SessionList:
    """Lists one's own sessions."""
    found = check_no_key(request)
    return await sessions_of(accounts_of(request).database, found.principal.id, found.session_id)


async def end(request: web.Request, session_id: uuid.UUID) -> Done:
    """Ends one of one's own sessions, at the next request of it."""
    account_id = check_no_key(request).principal.id
    if account_id is not None:
        await accounts_of(request).sessions.end(account_id, session_id)
    return Done()


async def end_others(request: web.Request) -> EndedSessions:
    """Ends all of one's own sessions but this one."""
    found = check_no_key(request)
    listed = await sessions_of(accounts_of(request).database, found.principal.id, found.session_id)
    if found.principal.id is None or all(one.is_current for one in listed.items):
        leave_out(request)  # nothing ends
        return EndedSessions(ended=0)
    return EndedSessions(ended=await accounts_of(request).sessions.end_all(found.principal.id, found.session_id))


async def sessions_of(
    database: Database, account_id: uuid.UUID | None, current: uuid.UUID | None = None
) -> SessionList:
    """The sessions of an account, of which one may be that of the request."""
    async with database.read() as connection:
        rows = await sessions.list_sessions(connection, account_id) if account_id is not None else []
    return SessionList(items=tuple(_item(row, current) for row in rows), total=len(rows))


def _item(row: SessionRow, current: uuid.UUID | None) -> SessionItem:
    return SessionItem(
        session_id=row.id,
        created_at=row.created_at,
        last_used_at=row.last_used_at,
        expires_at=row.expires_at,
        address=row.address,
        user_agent=row.user_agent,
        is_current=row.id == current,
    )
