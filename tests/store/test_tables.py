"""The tables that queries are composed over are those that the migrations make."""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncConnection

from stroem.store import tables
from stroem.store.database import Database


def _shape(table: sa.Table) -> dict[str, tuple[str, bool]]:
    dialect = postgresql.dialect()
    return {column.name: (column.type.compile(dialect), bool(column.nullable)) for column in table.columns}


async def _reflected(connection: AsyncConnection) -> sa.MetaData:
    metadata = sa.MetaData()
    await connection.run_sync(metadata.reflect, only=list(tables.metadata.tables))
    return metadata


async def test_every_table_has_the_columns_that_the_migrations_make(database: Database) -> None:
    async with database.read() as connection:
        reflected = await _reflected(connection)
    for name, table in tables.metadata.tables.items():
        assert _shape(table) == _shape(reflected.tables[name])
