"""Inputs that hold secrets, over HTTP: encrypted in the database, masked in answers, whole for workers."""

from pathlib import Path
from typing import Any

import pytest

from stroem.server.keys import SERVICES
from tests.server.conftest import PlainWorker, Running
from tests.support.stored_text import columns_with

PIN = "pin-of-someone-42"
PASSWORD = "password-of-a-connection-43"
MASK = "••••••"


@pytest.fixture(params=["file", "variable"])
def overrides(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    if request.param == "file":
        return {"STROEM__ENCRYPTION__KEY_FILE": str(tmp_path / "keys" / "secrets.key")}
    monkeypatch.setenv("STROEM_KEYS", f"{'1' * 64},{'2' * 64}")
    return {"STROEM__ENCRYPTION__KEY_ENV": "STROEM_KEYS"}


async def stored(server: Running, text: str) -> set[str]:
    return await columns_with(server.app[SERVICES].database, text)


async def run_job(server: Running, worker: PlainWorker, said: str) -> None:
    """Runs both steps of `hello`, which print and return a secret."""
    for _ in range(2):
        claim = await worker.claim()
        await worker.start(claim)
        await worker.log(claim, f"I say {said}")
        await worker.complete(claim, output={"greeting": f"hello {said}"})


async def test_an_input_is_nowhere_in_the_database(server: Running, plain_worker: PlainWorker) -> None:
    job_id = await server.start_job(pin=PIN)
    assert await stored(server, PIN) == set()
    await run_job(server, plain_worker, PIN)
    detail = await server.get(f"/api/jobs/{job_id}")
    assert detail["status"] == "completed"
    assert detail["raw_input"] == {"name": "Ada", "pin": MASK}
    assert detail["steps"][0]["output"] == {"greeting": f"hello {MASK}"}
    assert PIN not in str(await server.get(f"/api/jobs/{job_id}/logs"))
    assert PIN not in str(await server.get("/api/jobs"))
    assert await stored(server, PIN) == set()


async def test_connections_reach_the_worker_whole(server: Running, plain_worker: PlainWorker) -> None:
    given = {"host": "own.example.org", "password": PASSWORD}
    job_id = await server.start_job("sync", target=given)
    assert await stored(server, PASSWORD) == set()
    assert (await server.get(f"/api/jobs/{job_id}"))["raw_input"] == {"target": {**given, "password": MASK}}
    async with server.http.post(f"/api/jobs/{job_id}/cancel", json={}) as response:
        assert response.status == 200
    again: dict[str, Any] = {"target": {"host": "other.example.org", "password": MASK}}
    async with server.http.post(f"/api/jobs/{job_id}/rerun", json={"input": again}) as response:
        assert response.status == 200, await response.text()
    assert await stored(server, PASSWORD) == set()


async def test_keys_of_inputs_are_counted(server: Running) -> None:
    await server.start_job(pin=PIN)
    async with server.http.post("/api/secrets/rotate", json={}) as response:
        answer = await response.json()
    assert (answer["inputs"], answer["failed_inputs"]) == (0, 0)
