"""Tables of composed queries have the columns of the migrated database."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from stroem.store.database import Database
from stroem.store.lists import tables
from stroem.store.statement import fetch

_DIALECT = postgresql.dialect()
_TYPES = {"timestamp with time zone": "TIMESTAMP WITH TIME ZONE", "ARRAY": "TEXT[]"}


async def test_every_table_has_the_columns_that_the_migrations_make(database: Database) -> None:
    for name, table in tables.metadata.tables.items():
        async with database.read() as connection:
            rows = await fetch(
                connection,
                "SELECT column_name, data_type, is_nullable FROM information_schema.columns WHERE table_name = %s",
                (name,),
            )
        made = {row[0]: (_TYPES.get(row[1], row[1].upper()), row[2] == "YES") for row in rows}
        assert made == {column.name: (_type(column), bool(column.nullable)) for column in table.columns}


def _type(column: "sa.Column[Any]") -> str:
    return column.type.compile(_DIALECT)
