"""Numbers of live jobs."""

from stroem.store.statement import Connection, fetch


async def count_live(connection: Connection, workspace: str) -> dict[str, int]:
    """Numbers of live jobs of a workspace, by task."""
    sql = """
        SELECT task, count(*) FROM jobs WHERE status IN ('pending', 'running') AND workspace = %s GROUP BY task
        """
    return dict(await fetch(connection, sql, (workspace,)))


async def count_live_by_workspace(connection: Connection) -> dict[str, tuple[int, int]]:
    """Numbers of live jobs by workspace, and of those that have not begun.

    Without those that begin later or wait for a slot.
    """
    rows = await fetch(
        connection,
        """
        SELECT workspace, count(*), count(*) FILTER (WHERE status = 'pending') FROM jobs
        WHERE ((starts_at IS NULL AND waits_for IS NULL) OR next_step > 1) AND status IN ('pending', 'running')
        GROUP BY workspace
        """,
    )
    return {row[0]: (row[1], row[2]) for row in rows}
