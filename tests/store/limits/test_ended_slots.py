"""The slots of jobs that have ended are free after an upgrade."""

import uuid

from stroem.orchestrator.limits.rate_windows import RateWindows
from stroem.store.database import Database
from stroem.store.statement import fetch
from tests.support.older_versions import insert, migrated_up_to


async def test_the_next_in_line_gets_the_slot_of_a_job_that_has_ended(database_url: str) -> None:
    ended, gone, ending, waiting, late = (uuid.uuid4() for _ in range(5))
    with migrated_up_to(database_url, "0035_sealed_secrets.sql") as connection:
        connection.execute("INSERT INTO plans (digest, body) VALUES ('p', '{}')")
        for job_id, status, steps_open in (
            (ended, "cancelled", 0),
            (ending, "failed", 1),
            (waiting, "pending", 1),
            (late, "completed", 0),
        ):
            job = {"workspace": "w", "task": "t", "mode": "distributed", "source_type": "api", "plan": "p"}
            insert(connection, "jobs", {**job, "id": job_id, "status": status, "open": steps_open})
        for key, owner in (("a", ended), ("b", gone), ("c", ending)):
            insert(connection, "slot_keys", {"key": key, "size": 1})
            insert(connection, "slots", {"key": key, "number": 1, "job_id": owner, "step": 0})
        for key, step in (("a", 1), ("b", 2), ("c", 3)):
            insert(connection, "slot_line", {"key": key, "priority": 0, "job_id": waiting, "step": step})
        insert(connection, "slot_line", {"key": "c", "priority": 0, "job_id": late, "step": 0})
    database = await Database.open(database_url)
    await RateWindows(database).open()
    async with database.read() as reading:
        held = await fetch(reading, "SELECT key, job_id, step FROM slots ORDER BY key")
        line = await fetch(reading, "SELECT key, job_id, step FROM slot_line")
    await database.close()
    assert held == [("a", waiting, 1), ("b", waiting, 2), ("c", ending, 0)]
    assert line == [("c", waiting, 3)]
