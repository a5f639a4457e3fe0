"""Programs that a person lets in from a browser."""

import asyncio
from typing import Any

import pytest
from click.testing import CliRunner, Result

from stroem.cli.main import stroem
from stroem.server.keys import SERVICES
from stroem.store import statement
from tests.server.auth.conftest import Person
from tests.support.wait import eventually


async def ask(server: Any, path: str, body: Any) -> tuple[int, Any]:
    """Status and JSON of an answer to a program without a token."""
    async with server.http.post(f"/api/auth/device{path}", json=body) as response:
        return response.status, await response.json()


async def begin(server: Any, name: str = "stroem login on laptop") -> Any:
    status, start = await ask(server, "", {"name": name})
    assert status == 200, start
    return start


async def poll(server: Any, start: Any) -> tuple[int, Any]:
    """The answer to a program that has waited long enough."""
    await change(server, "UPDATE device_codes SET polled_at = now() - interval '1 minute'")
    return await ask(server, "/token", {"device_code": start["device_code"]})


async def change(server: Any, sql: str) -> None:
    async with server.app[SERVICES].database.begin() as connection:
        await statement.execute(connection, sql, [])


async def test_a_program_is_let_in_once(server: Any, ada: Person, bob: Person) -> None:
    start = await begin(server)
    assert start["verification_uri"] == f"{server.url}/device"
    assert start["verification_uri_complete"] == f"{server.url}/device#code={start['user_code']}"
    assert (start["expires_in"], start["interval"]) == (600, 5)
    assert (await poll(server, start))[1]["error"] == "authorization_pending"
    typed = start["user_code"].lower().replace("-", " ")
    asked = await bob.get(f"/api/auth/device/{typed}")
    assert (asked["name"], asked["address"]) == ("stroem login on laptop", "127.0.0.1")
    await bob.post(f"/api/auth/device/{typed}/approve")
    status, access = await poll(server, start)
    assert status == 200, access
    program = Person(server=server, token=access["access_token"])
    assert (await program.get("/api/auth/me"))["email"] == "bob@example.com"
    assert await poll(server, start) == (400, {"error": "expired_token", "code": "expired-token"})
    rows = (await ada.get("/api/audit?limit=20"))["items"]
    ended = [row for row in rows if row["outcome"] == "ok" and "device" in str(row["route"])]
    told = [(row["verb"], row["actor"], row["object"]) for row in ended]
    assert told == [
        ("auth.login", "bob@example.com", "bob@example.com"),
        ("device.approve", "bob@example.com", "stroem login on laptop"),
    ]
    assert start["user_code"] not in str(rows)


async def test_a_program_that_is_refused_is_told_so(server: Any, bob: Person) -> None:
    start = await begin(server)
    await bob.post(f"/api/auth/device/{start['user_code']}/deny")
    assert (await poll(server, start))[1]["error"] == "access_denied"
    assert (await poll(server, start))[1]["error"] == "expired_token"


async def test_who_asks_too_often_is_slowed_down(server: Any, bob: Person) -> None:
    start = await begin(server)
    await ask(server, "/token", {"device_code": start["device_code"]})
    await bob.post(f"/api/auth/device/{start['user_code']}/approve")
    await change(server, "UPDATE device_codes SET polled_at = now() + interval '1 hour'")
    assert (await ask(server, "/token", {"device_code": start["device_code"]}))[1]["error"] == "slow_down"
    assert (await poll(server, start))[0] == 200


async def test_codes_expire(server: Any, bob: Person) -> None:
    start = await begin(server)
    await change(server, "UPDATE device_codes SET expires_at = now() - interval '1 second'")
    assert (await bob.call("GET", f"/api/auth/device/{start['user_code']}"))[0] == 404
    assert (await bob.call("POST", f"/api/auth/device/{start['user_code']}/approve", {}))[0] == 404
    assert (await poll(server, start))[1]["error"] == "expired_token"


async def test_a_disabled_person_lets_nobody_in(server: Any, ada: Person, bob: Person) -> None:
    start = await begin(server)
    await bob.post(f"/api/auth/device/{start['user_code']}/approve")
    user = next(one for one in (await ada.get("/api/users"))["items"] if one["email"] == bob.email)
    await ada.call("PUT", f"/api/users/{user['user_id']}/disabled", {"is_disabled": True})
    assert (await poll(server, start))[1]["error"] == "expired_token"


@pytest.mark.parametrize("path", ["/api/auth/sessions/end-others", "end-sessions"])
async def test_who_ends_all_sessions_ends_programs_that_have_not_come_yet(
    server: Any, ada: Person, bob: Person, path: str
) -> None:
    start = await begin(server)
    thief = Person(server=server, email=bob.email)
    assert await thief.sign_in() == 200
    await thief.post(f"/api/auth/device/{start['user_code']}/approve")
    user = next(one for one in (await ada.get("/api/users"))["items"] if one["email"] == bob.email)
    await (bob.post(path) if path.startswith("/") else ada.post(f"/api/users/{user['user_id']}/{path}"))
    assert (await poll(server, start))[1]["error"] == "expired_token"


async def test_only_who_has_signed_in_in_person_lets_programs_in(server: Any, bob: Person) -> None:
    start = await begin(server)
    key = Person(server=server, token=(await bob.post("/api/auth/api-keys", {"name": "k"}))["key"])
    path = f"/api/auth/device/{start['user_code']}/approve"
    assert (await key.call("POST", path, {}))[0] == 403
    assert (await Person(server=server).call("POST", path, {}))[0] == 401
    async with server.http.post(path, json={}, headers={"Cookie": f"stroem_refresh={bob.refresh}"}) as response:
        assert response.status == 401  # a cookie is not enough
    foreign = {**bob.headers, "Origin": "https://evil.example"}
    async with server.http.post(path, json={}, headers=foreign) as response:
        assert response.status == 403


@pytest.mark.parametrize("code", ["AAAA-AAAA", "x", "%00", "BCDF-GHJK", "..%2f..", "é" * 200])
async def test_unknown_codes_are_not_found(server: Any, bob: Person, code: str) -> None:
    assert (await bob.call("GET", f"/api/auth/device/{code}"))[0] in (400, 404)


async def test_guesses_are_limited(server: Any, bob: Person) -> None:
    answers: list[int] = []
    while 429 not in answers and len(answers) < 100:
        answers.append((await bob.call("GET", "/api/auth/device/BCDF-GHJK"))[0])
    assert set(answers[:20]) == {404}
    assert answers[-1] == 429


async def test_programs_of_one_address_are_limited(server: Any) -> None:
    answers: list[int] = []
    while 429 not in answers and len(answers) < 100:
        answers.append((await ask(server, "", {}))[0])
    assert set(answers[:10]) == {200}
    assert answers[-1] == 429


async def test_hostile_names_are_harmless(server: Any, bob: Person) -> None:
    start = await begin(server, "a\nb" + "x" * 1000)
    name = (await bob.get(f"/api/auth/device/{start['user_code']}"))["name"]
    assert name == ("a b" + "x" * 1000)[:100]


async def test_stroem_login_asks_for_a_code(server: Any, bob: Person, tmp_path: Any, monkeypatch: Any) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.delenv("STROEM_TOKEN", raising=False)

    def run(*arguments: str) -> Result:
        return CliRunner().invoke(stroem, list(arguments), env={"STROEM_URL": server.url})

    signing_in = asyncio.create_task(asyncio.to_thread(run, "login", "--device"))

    async def waits() -> bool:
        async with server.app[SERVICES].database.read() as connection:
            return bool(await statement.fetch(connection, "SELECT FROM device_codes WHERE polled_at IS NOT NULL"))

    await eventually(waits, "the program waits")
    await change(
        server,
        "UPDATE device_codes SET state = 'approved',"
        " account_id = (SELECT id FROM accounts WHERE name = 'bob@example.com')",
    )
    done = await signing_in
    assert done.exit_code == 0, done.output
    assert f"Open {server.url}/device and enter the code " in done.stderr
    assert "as bob@example.com, for 90 days" in done.stdout
    whoami = await asyncio.to_thread(run, "auth", "whoami")
    assert whoami.stdout.startswith("bob@example.com")
    assert (await bob.get("/api/auth/sessions"))["total"] == 1, "the program's own is over"
