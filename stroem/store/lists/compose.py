"""Statements composed with SQLAlchemy; psycopg runs them."""

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql import psycopg as dialect

from stroem.store.statement import Connection, fetch_named

_DIALECT = dialect.dialect()  # type: ignore[no-untyped-call]


async def select(connection: Connection, query: sa.Select[Any]) -> list[dict[str, Any]]:
    """Rows of a composed query, by column name."""
    return await fetch_named(connection, *compiled(query))


def compiled(query: sa.Select[Any]) -> tuple[str, Mapping[str, Any]]:
    """The text of a composed query, and its parameters by name."""
    found = query.compile(dialect=_DIALECT, compile_kwargs={"render_postcompile": True})
    return str(found), found.params


def texts(values: Sequence[str]) -> sa.ColumnElement[Any]:
    """An array of texts as one parameter."""
    return sa.cast(sa.literal(values, ARRAY(sa.Text)), ARRAY(sa.Text))
