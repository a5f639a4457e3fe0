"""Secrets over HTTP: they are set, listed and removed, and nobody is answered a value."""

from typing import Any

from tests.server.conftest import Running

VALUE = "the-value-of-a-secret"
PATH = "/api/workspaces/main/secrets"


async def ask(server: Running, method: str, path: str, **more: Any) -> tuple[int, Any, str]:
    async with server.http.request(method, path, **more) as response:
        return response.status, await response.json(), await response.text()


async def test_a_secret_is_set_listed_and_removed(server: Running) -> None:
    texts = []
    status, body, text = await ask(server, "PUT", f"{PATH}/DB_PASSWORD", json={"value": VALUE})
    texts.append(text)
    assert (status, body) == (200, {"name": "DB_PASSWORD", "version": 1})
    status, body, text = await ask(server, "GET", PATH)
    texts.append(text)
    assert (status, body["total"]) == (200, 1)
    [item] = body["items"]
    assert set(item) == {"name", "version", "key_id", "created_at", "changed_at", "changed_by"}
    status, body, text = await ask(server, "POST", "/api/secrets/rotate", json={})
    texts.append(text)
    assert (status, body) == (
        200,
        {"changed": 0, "failed": 0, "inputs": 0, "failed_inputs": 0, "key_id": item["key_id"]},
    )
    rows = (await ask(server, "GET", "/api/audit"))[1]["items"]
    told = {(row["verb"], row["object"]) for row in rows if row["verb"].startswith("secret.")}
    assert told == {("secret.set", "DB_PASSWORD"), ("secret.rotate", None)}
    texts.append(str(rows))
    assert (await ask(server, "DELETE", f"{PATH}/DB_PASSWORD"))[0] == 200
    assert (await ask(server, "DELETE", f"{PATH}/DB_PASSWORD"))[0] == 404
    assert (await ask(server, "GET", PATH))[1] == {"items": [], "total": 0}
    assert VALUE not in "".join(texts)


async def test_mistakes_are_refused(server: Running) -> None:
    for path, body in ((f"{PATH}/a%20b", {"value": "x"}), (f"{PATH}/A", {"value": ""}), (f"{PATH}/A", {})):
        status, _, text = await ask(server, "PUT", path, json=body)
        assert status in (400, 422), text
    unknown = "/api/workspaces/nowhere/secrets"
    assert (await ask(server, "GET", unknown))[0] == 404
    assert (await ask(server, "PUT", f"{unknown}/A", json={"value": VALUE}))[0] == 404
