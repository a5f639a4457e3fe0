"""The columns of a database in which a text stands."""

from stroem.store.database import Database
from stroem.store.statement import fetch


async def columns_with(database: Database, text: str) -> set[str]:
    """The columns of all tables, as `table.column`, in which a text stands, as it is or as its bytes."""
    found: set[str] = set()
    async with database.read() as connection:
        columns = await fetch(
            connection,
            "SELECT table_name, column_name, data_type FROM information_schema.columns WHERE table_schema = 'public'",
        )
        for table, column, kind in columns:
            is_bytes = kind == "bytea"
            shown = f"encode(\"{column}\", 'hex')" if is_bytes else f'"{column}"::text'
            sql = f'SELECT count(*) FROM "{table}" WHERE strpos({shown}, %s) > 0'
            if (await fetch(connection, sql, (text.encode().hex() if is_bytes else text,)))[0][0]:
                found.add(f"{table}.{column}")
    return found
