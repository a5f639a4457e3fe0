"""Statements composed with SQLAlchemy; psycopg runs them."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import psycopg as dialect

from stroem.store.statement import Connection, fetch_named

_DIALECT = dialect.dialect()  # type: ignore[no-untyped-call]


async def select(connection: Connection, statement: sa.Select[Any]) -> list[dict[str, Any]]:
    """Rows of a composed statement, by column name."""
    compiled = statement.compile(dialect=_DIALECT, compile_kwargs={"render_postcompile": True})
    return await fetch_named(connection, str(compiled), compiled.params)
