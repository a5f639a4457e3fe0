"""Migrations convert the rows of older versions."""

import importlib.resources
from typing import Any

import orjson
import psycopg

from stroem.conversion import canonical
from stroem.engine.compile import make_plan
from stroem.redaction.plan_values import with_values, without_values
from stroem.store.database import Database
from stroem.store.jobs import plans
from stroem.store.statement import fetch
from stroem.store.workspaces import libraries, workspaces
from tests.support.definitions_with_secrets import ALL, definitions

PLAN = make_plan("t", definitions(), {})


def migrated_up_to(url: str, last: str) -> psycopg.Connection[Any]:
    """A database as the version with this migration left it."""
    connection = psycopg.connect(url)
    connection.execute("CREATE TABLE migrations (name text PRIMARY KEY, applied_at timestamptz DEFAULT now())")
    folder = importlib.resources.files("stroem.store") / "migrations"
    for file in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if file.name <= last:
            connection.execute(file.read_text().encode())
            connection.execute("INSERT INTO migrations (name) VALUES (%s)", (file.name,))
    return connection


async def test_plans_lose_their_values_and_keep_all_else(database_url: str) -> None:
    odd = with_nul(canonical.to_json(PLAN))
    with migrated_up_to(database_url, "0002_gitops.sql") as connection:
        for digest, body in (("one", canonical.to_bytes(PLAN)), ("odd", orjson.dumps(odd))):
            connection.execute("INSERT INTO plans (digest, body) VALUES (%s, %s)", (digest, body))
        connection.execute(
            "INSERT INTO jobs (id, workspace, task, mode, source_type, plan, steps_open)"
            " VALUES (gen_random_uuid(), 'w', 't', 'distributed', 'api', 'one', 1)"
        )
    database = await Database.open(database_url)
    async with database.read() as reading:
        found = await plans.get_plan(reading, "one")
        bodies = [bytes(row[0]).decode() for row in await fetch(reading, "SELECT body FROM plans")]
        assert await fetch(reading, "SELECT redacted FROM jobs") == [(False,)]
    await database.close()
    assert found == without_values(PLAN)
    assert with_values(found, definitions()) == PLAN
    assert not [one for body in bodies for one in ALL if one in body or orjson.dumps(one).decode()[1:-1] in body]
    assert [orjson.loads(body).get("mode") for body in bodies] == [None, odd["mode"]]


def with_nul(plan: dict[str, Any]) -> dict[str, Any]:
    """A plan with a text that jsonb does not hold."""
    return {**plan, "secrets": {**plan["secrets"], "nul": "\0"}, "mode": "a\0\\u0000\\\0b"}


async def test_schedules_of_sources_are_kept(database_url: str) -> None:
    with migrated_up_to(database_url, "0005_release_refs.sql") as connection:
        connection.execute(
            "INSERT INTO workspaces (name, due_at, checked_at, looks, asks, cause, asked_by)"
            " VALUES ('main', '2030-01-01Z', '2029-01-01Z', 7, 3, 'push', 'ada'),"
            " ('idle', '2031-01-01Z', NULL, 0, 0, NULL, NULL)"
        )
        connection.execute(
            "INSERT INTO libraries (key, origin, due_at) VALUES ('abc', 'a', '2032-01-01Z'),"
            " ('workspaces_from', 's', now())"
        )
    database = await Database.open(database_url)
    async with database.read() as reading:
        rows = {row.name: row.schedule for row in await workspaces.list_workspaces(reading, ["main", "idle"])}
        shared = await libraries.list_libraries(reading, ["abc", libraries.SET_OF_WORKSPACES])
    await database.close()
    main = rows["main"]
    assert (main.due_at.year, main.polls, main.asks, main.cause, main.asked_by) == (2030, 7, 3, "push", "ada")
    assert main.checked_at is not None
    assert (rows["idle"].due_at.year, rows["idle"].checked_at, rows["idle"].cause) == (2031, None, None)
    assert {key: row.schedule.kind for key, row in shared.items()} == {
        "abc": "library",
        libraries.SET_OF_WORKSPACES: "set",
    }
    assert shared["abc"].schedule.due_at.year == 2032
