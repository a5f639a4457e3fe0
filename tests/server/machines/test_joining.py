"""Join tokens, tokens of workers, rotation and revocation over HTTP."""

import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from stroem.orchestrator.audit.refusals import SINGLE_ROWS
from stroem.orchestrator.notifier import Notification
from stroem.protocol.worker_token import hash_of, new_join_token, new_worker_token
from stroem.registry.registry import Registry
from stroem.server.app import build_app
from stroem.server.keys import MACHINES, SERVICES
from stroem.server.serving import make_runner
from stroem.store.statement import execute, fetch
from tests.server.conftest import settings_of
from tests.server.machines.conftest import Machine, call
from tests.support.listening import listening
from tests.support.wait import eventually

TOKENS = "/api/workers/join-tokens"
IDENTITIES = "/api/workers/identities"


@pytest.fixture
async def other(
    server: Any, folder: Path, database_url: str, tmp_path: Path, registry: Registry
) -> AsyncIterator[aiohttp.ClientSession]:
    """A second server of the same database, with the same key."""
    app = build_app(settings_of(folder, database_url, tmp_path), registry, ui=tmp_path / "ui")
    async with listening(make_runner(app)) as url, aiohttp.ClientSession(url) as http:
        yield http


async def do(server: Any, sql: str, *values: Any) -> None:
    async with server.app[SERVICES].database.begin() as connection:
        await execute(connection, sql, values)


async def test_a_worker_joins_and_works(server: Any, join_token: Any) -> None:
    text = await join_token(name="farm", uses=2)
    worker = Machine(server=server, name="build-1")
    status, issued = await worker.join(text)
    assert status == 200
    assert issued["expires_after_secs"] > issued["rotate_after_secs"] > 0
    assert (await worker.register())[0] == 200
    await server.start_job()
    status, answer = await worker.ask()
    assert (status, len(answer["steps"])) == (200, 1)
    (listed,) = await server.get(TOKENS)
    assert (listed["prefix"], listed["uses"], listed["uses_left"]) == (text[:12], 1, 1)
    (identity,) = await server.get(IDENTITIES)
    assert (identity["name"], identity["join_token"]) == ("build-1", text[:12])
    assert identity["identity_id"] == issued["identity_id"]


async def test_nothing_of_a_token_is_kept(server: Any, machine: Any) -> None:
    worker = await machine("build-1")
    async with server.app[SERVICES].database.read() as connection:
        rows = await fetch(connection, "SELECT t::text FROM join_tokens t UNION SELECT t::text FROM worker_tokens t")
    assert len(rows) == 2
    assert not [row for row in rows if worker.token[5:] in row[0]]


async def test_the_same_request_sent_again_gives_the_same_identity(server: Any, join_token: Any) -> None:
    text, worker = await join_token(uses=1), Machine(server=server, name="build-1")
    first = await worker.join(text)
    assert await worker.join(text) == first
    assert first[0] == 200
    assert (await worker.register())[0] == 200
    status, refused = await worker.join(text)
    assert status == 401, "once the token is in use, nobody needs that any more"
    assert "known already" in refused["error"]


async def test_join_tokens_that_are_not_good(server: Any, join_token: Any) -> None:
    text = await join_token(uses=1)
    assert (await Machine(server=server, name="a").join(text))[0] == 200
    status, refused = await Machine(server=server, name="b").join(text)
    assert (status, "is used up" in refused["error"]) == (401, True)

    late = await join_token()
    await do(server, "UPDATE join_tokens SET expires_at = now() - interval '1 second' WHERE prefix = %s", late[:12])
    status, refused = await Machine(server=server, name="c").join(late)
    assert (status, "expired" in refused["error"]) == (401, True)

    revoked = await join_token()
    assert (await call(server.http, "DELETE", f"{TOKENS}/{revoked[:12]}", None))[0] == 200
    for unknown in (revoked, new_join_token(), "", "strj_", "ä" * 5000):
        status, refused = await Machine(server=server, name="d").join(unknown)
        assert (status, refused["error"]) == (401, "Invalid join token: it is unknown or was revoked")
    assert (await call(server.http, "DELETE", f"{TOKENS}/{revoked[:12]}", None))[0] == 404


@pytest.mark.parametrize("digest", ["", "x" * 64, "AB" * 32, "ab" * 31, "../" * 20])
async def test_a_hash_that_is_none(server: Any, join_token: Any, digest: str) -> None:
    body = {"name": "a", "join_token": await join_token(), "token_hash": digest}
    status, refused = await call(server.http, "POST", "/worker/join", None, json=body)
    assert (status, "SHA-256" in refused["error"]) == (400, True)


async def test_a_token_that_another_worker_has_is_not_given_again(server: Any, machine: Any, join_token: Any) -> None:
    worker = await machine("build-1")
    thief = Machine(server=server, name="thief", token=worker.token)
    assert (await thief.join(await join_token()))[0] == 401
    other = await machine("build-2")
    assert (await other.rotate(worker.token))[0] == 400


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        ({"expires_in_hours": 0}, "expires_in_hours"),
        ({"uses": 0}, "uses"),
        ({"workspaces": ["a*"]}, "workspaces[0]"),
        ({"abilities": ["scripts"]}, "abilities[0]"),
        ({"tags": [""]}, "tags"),
        ({"name": "n" * 101}, "name"),
    ],
)
async def test_join_tokens_with_mistakes(server: Any, wanted: dict[str, Any], field: str) -> None:
    status, refused = await call(server.http, "POST", TOKENS, None, json=wanted)
    assert status == 400
    assert refused["error"].startswith(f"The join token is not valid: {field}: ")


async def test_tokens_of_workers_that_are_not_good(server: Any, machine: Any) -> None:
    worker = await machine("build-1")
    for token in (new_worker_token(), "strw_", worker.token[:-1], worker.token.upper(), "strw_" + "ä" * 5000):
        status, refused = await call(server.http, "POST", "/worker/heartbeat", token, json={})
        assert (status, refused["error"]) == (401, "Invalid worker token")
    status, _ = await call(server.http, "GET", "/api/jobs", worker.token)
    assert status == 200, "without sign-in, the API asks nobody"
    await do(server, "UPDATE worker_tokens SET expires_at = now() - interval '1 second'")
    server.app[SERVICES].notifier.publish(Notification(accounts=frozenset({uuid.uuid4()})))
    status, refused = await worker.ask()
    assert status == 401
    assert "The token of worker 'build-1' expired at" in refused["error"]


async def test_a_token_is_good_until_the_next_one_was_used(server: Any, machine: Any) -> None:
    worker, second, third = await machine("build-1"), new_worker_token(), new_worker_token()
    first = worker.token
    assert (await worker.rotate(second))[0] == 200
    assert (await worker.ask())[0] == 200, "the next one was not used"
    assert (await worker.rotate(second))[0] == 200, "the answer may be lost"
    assert (await worker.rotate(third))[0] == 200
    worker.token = second
    assert (await worker.ask())[0] == 401, "it was given up for the third one"
    worker.token = third
    assert (await worker.ask())[0] == 200
    worker.token = first
    status, refused = await worker.ask()
    assert status == 401
    assert "was replaced by a newer one, which something else uses" in refused["error"]
    assert (await worker.rotate(new_worker_token()))[0] == 401


async def test_a_revoked_worker_is_refused_at_its_next_request(server: Any, machine: Any) -> None:
    worker = await machine("build-1")
    await server.start_job()
    assert len((await worker.ask())[1]["steps"]) == 1
    (identity,) = await server.get(IDENTITIES)
    path = f"{IDENTITIES}/{identity['identity_id']}/revoke"
    status, revoked = await call(server.http, "POST", path, None, json={})
    assert (status, revoked["name"], revoked["workers"]) == (200, "build-1", 1)
    status, refused = await worker.ask()
    assert status == 401
    assert "The identity of worker 'build-1' was revoked by anonymous at" in refused["error"]
    (identity,) = await server.get(IDENTITIES)
    assert identity["revoked_by"] == "anonymous"
    (listed,) = (await server.get("/api/workers"))["items"]
    assert listed["status"] == "inactive", "its steps are lost at once"

    assert (await worker.register())[0] == 401

    async def rows() -> list[Any]:
        return list((await server.get("/api/audit", verb="worker.join", outcome="refused"))["items"])

    (row,) = await eventually(rows, "the refusal is recorded")
    assert (row["actor_kind"], row["actor"]) == ("worker", "build-1")
    assert "The identity of worker 'build-1' was revoked by anonymous at" in row["reason"]
    unknown = f"{IDENTITIES}/00000000-0000-4000-8000-000000000000/revoke"
    assert (await call(server.http, "POST", unknown, None, json={}))[0] == 404


async def test_another_server_hears_of_a_revocation(server: Any, other: aiohttp.ClientSession, machine: Any) -> None:
    worker = await machine("build-1")
    body = {"worker_id": worker.worker_id, "lease": True}

    async def status() -> int:
        return (await call(other, "POST", "/worker/heartbeat", worker.token, json=body))[0]

    assert await status() == 200
    (identity,) = await server.get(IDENTITIES)
    await call(server.http, "POST", f"{IDENTITIES}/{identity['identity_id']}/revoke", None, json={})

    async def is_refused() -> bool:
        return await status() == 401

    await eventually(is_refused, "the other server refuses the worker")


async def test_what_means_nothing_any_more_is_deleted(server: Any, machine: Any, join_token: Any) -> None:
    await machine("gone")
    await join_token()
    for table in ("worker_tokens", "join_tokens"):
        await do(server, f"UPDATE {table} SET expires_at = now() - interval '31 days'")
    worker = await machine("present")
    await server.app[MACHINES].pruner.run_once()
    assert [one["name"] for one in await server.get(IDENTITIES)] == ["present"]
    assert len(await server.get(TOKENS)) == 1
    assert (await worker.ask())[0] == 200


async def test_a_start_with_the_shared_token_beside_identities_warns(
    server: Any,
    machine: Any,
    folder: Path,
    database_url: str,
    tmp_path: Path,
    registry: Registry,
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def started() -> list[str]:
        caplog.clear()
        app = build_app(settings_of(folder, database_url, tmp_path), registry, ui=tmp_path / "ui")
        async with listening(make_runner(app)):
            return [record.message for record in caplog.records if "`worker_token` is set" in record.message]

    assert await started() == []
    await machine("build-1")
    assert len(await started()) == 1


async def test_strangers_with_many_names_are_one_client_of_the_audit_log(server: Any, join_token: Any) -> None:
    used_up = await join_token(uses=1)
    assert (await Machine(server=server, name="build-1").join(used_up))[0] == 200
    for token in (new_join_token(), used_up, "worker-token-of-all"):
        for number in range(SINGLE_ROWS):
            assert (await Machine(server=server, name=f"build-{number}").join(token))[0] == 401

    async def refused() -> list[Any]:
        return list((await server.get("/api/audit", verb="identity.join", outcome="refused", limit=100))["items"])

    await eventually(refused, "a refusal is recorded")
    rows = await refused()
    assert len(rows) <= SINGLE_ROWS + 1  # the row that counts the others may be there
    assert {(row["actor_kind"], row["actor"]) for row in rows} == {("anonymous", "anonymous")}
    assert "worker-token" not in str(rows)


async def test_what_is_in_the_audit_log(server: Any, machine: Any, join_token: Any) -> None:
    worker = await machine("build-1")
    await worker.rotate(new_worker_token())
    await Machine(server=server, name="stranger").join(new_join_token())
    (identity,) = await server.get(IDENTITIES)
    await call(server.http, "POST", f"{IDENTITIES}/{identity['identity_id']}/revoke", None, json={})
    text = await join_token(name="spare")
    await call(server.http, "DELETE", f"{TOKENS}/{text[:12]}", None)

    async def rows() -> dict[tuple[str, str], Any]:
        found = (await server.get("/api/audit", limit=100))["items"]
        return {(one["verb"], one["outcome"]): one for one in reversed(found)}

    async def is_refusal_there() -> bool:
        return ("identity.join", "refused") in await rows()

    await eventually(is_refusal_there, "the refusal is recorded")
    known = await rows()
    assert known["identity.join", "ok"]["actor"] == "build-1"
    assert known["identity.rotate", "ok"]["actor_kind"] == "worker"
    assert known["identity.join", "refused"]["actor"] == "anonymous", "a name alone is no worker"
    assert known["identity.join", "refused"]["object"] == "stranger"
    assert known["identity.revoke", "ok"]["object"] == "build-1"
    assert known["join-token.create", "ok"]["object"] == text[:12]
    assert known["join-token.remove", "ok"]["object"] == text[:12]
    assert not [row for row in known.values() if text in str(row) or worker.token in str(row)]
    assert hash_of(worker.token).hex() not in str(known)
