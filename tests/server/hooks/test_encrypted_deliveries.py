"""Requests to webhooks in the database: encrypted, and delivered again whole."""

from pathlib import Path
from typing import Any

import pytest

from stroem.orchestrator.secrets.services import build_secrets
from stroem.orchestrator.secrets.stores import SecretStores
from stroem.secrets.envelope import KeyRing
from stroem.server.keys import SERVICES
from stroem.store.statement import execute, fetch
from tests.server.conftest import Running
from tests.server.hooks.conftest import deliveries, post
from tests.support.stored_text import columns_with
from tests.support.wait import eventually
from tests.support.workspace_files import write_workspace

PIN = "pin-of-someone-42"
WORKFLOWS = """
tasks:
  pay:
    input: {pin: {type: string, secret: true}}
    flow:
      say: {type: script, script: "echo {{ input.pin }}"}
triggers:
  paid: {type: webhook, name: paid, task: pay, input: {pin: "{{ body.pin }}"}}
  held:
    {type: webhook, name: held, task: pay, input: {pin: "{{ body.pin }}"}, debounce: {wait: 3600}}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_workspace(tmp_path / "workspace", WORKFLOWS)


@pytest.fixture
def overrides(tmp_path: Path) -> dict[str, str]:
    return {"STROEM__ENCRYPTION__KEY_FILE": str(tmp_path / "keys" / "secrets.key")}


async def stored(hooks: Running) -> set[str]:
    return await columns_with(hooks.app[SERVICES].database, PIN)


async def redeliver(hooks: Running, number: int) -> tuple[int, Any]:
    async with hooks.http.post(f"/api/deliveries/{number}/redeliver") as response:
        return response.status, await response.json()


async def test_a_request_is_nowhere_in_the_database_and_delivered_again(hooks: Running, plain_worker: Any) -> None:
    assert (await post(hooks, "paid", {"pin": PIN}))[0] == 200
    assert await stored(hooks) == set()
    (one,) = await deliveries(hooks, "paid")
    detail = await hooks.get(f"/api/deliveries/{one['id']}")
    assert detail["request"]["body_kind"] == "json"
    assert PIN not in str(detail)
    status, found = await redeliver(hooks, one["id"])
    assert (status, found["verdict"]) == (200, "started")
    for _ in range(2):
        claim = await plain_worker.claim()
        assert claim["action_spec"]["script"] == f"echo {PIN}"
        await plain_worker.start(claim)
        await plain_worker.complete(claim)
    assert await stored(hooks) == set()


async def test_a_moved_request_is_not_shown_and_not_delivered(hooks: Running) -> None:
    await post(hooks, "paid", {"pin": PIN})
    await post(hooks, "paid", {"pin": "another"})
    one, two = await deliveries(hooks, "paid")
    query = f"UPDATE hook_deliveries SET fire = (SELECT fire FROM hook_deliveries WHERE id = {one['id']}) WHERE id = %s"
    async with hooks.app[SERVICES].database.begin() as connection:
        await execute(connection, query, (two["id"],))
    detail = await hooks.get(f"/api/deliveries/{two['id']}")
    assert detail["request"] is None
    assert detail["not_shown"] == "It cannot be decrypted: it was changed, or moved from elsewhere"
    status, answer = await redeliver(hooks, two["id"])
    assert status == 409
    assert "cannot be decrypted" in str(answer)
    assert (await redeliver(hooks, one["id"]))[0] == 200


async def test_fires_that_wait_for_others_are_encrypted(hooks: Running, plain_worker: Any) -> None:
    for _ in range(2):
        await post(hooks, "held", {"pin": PIN})
    assert await stored(hooks) == set()
    async with hooks.app[SERVICES].database.begin() as connection:
        await execute(connection, "UPDATE debounces SET due_at = now()")
    hooks.app[SERVICES].triggers.firer.debounced.set()

    async def jobs() -> Any:
        return (await hooks.get("/api/jobs"))["items"]

    await eventually(jobs, "the fires have started a job")
    claim = await plain_worker.claim()
    assert claim["action_spec"]["script"] == f"echo {PIN}"
    assert await stored(hooks) == set()


async def test_a_fire_that_cannot_be_decrypted_is_told(hooks: Running) -> None:
    await post(hooks, "held", {"pin": PIN})
    database = hooks.app[SERVICES].database
    async with database.begin() as connection:
        await execute(connection, """UPDATE debounced_fires SET fire = '{"$sealed": "AQ=="}'""")
        await execute(connection, "UPDATE debounces SET due_at = now()")
    hooks.app[SERVICES].triggers.firer.debounced.set()

    async def reasons() -> list[str]:
        async with database.read() as connection:
            rows = await fetch(connection, "SELECT reason FROM trigger_fires WHERE verdict = 'failed'")
        return [row[0] for row in rows]

    (reason,) = await eventually(reasons, "the failure is recorded")
    assert reason == "A fire that waits for others cannot be decrypted: it was changed, or moved from elsewhere"


async def test_keys_of_requests_and_fires_are_changed(hooks: Running, tmp_path: Path) -> None:
    await post(hooks, "paid", {"pin": PIN})
    await post(hooks, "held", {"pin": PIN})
    database, own = hooks.app[SERVICES].database, (tmp_path / "keys" / "secrets.key").read_bytes()
    later = build_secrets(database, SecretStores({}), KeyRing([b"2" * 64, own]), encrypts=True)
    found = await later.sealed.rewrap()
    assert (found.inputs, found.failed_inputs) == (3, 0)  # a delivery, the input of its job, a fire
    assert (await later.sealed.rewrap()).inputs == 0
    (one,) = await deliveries(hooks, "paid")
    assert "is not among those of this server" in (await hooks.get(f"/api/deliveries/{one['id']}"))["not_shown"]
