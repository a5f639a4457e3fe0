"""Sign-ins and changes of accounts in the audit log."""

from typing import Any

from stroem.server.keys import ACCOUNTS
from tests.server.auth.conftest import EMAIL, PASSWORD, Person
from tests.support.wait import eventually


async def rows_of(person: Person) -> list[Any]:
    return list((await person.get("/api/audit"))["items"])


async def test_sign_ins_and_failures_are_recorded(server: Any, ada: Person) -> None:
    assert await Person(server=server).sign_in("a-wrong-one") == 401

    async def both() -> list[Any] | None:
        rows = [row for row in await rows_of(ada) if row["verb"] == "auth.login"]
        return rows if len(rows) == 2 else None

    refused, signed_in = await eventually(both, "both are recorded")
    assert (signed_in["outcome"], signed_in["object"], signed_in["address"]) == ("ok", EMAIL, "127.0.0.1")
    assert (signed_in["actor"], signed_in["actor_kind"]) == (EMAIL, "user")
    assert (refused["outcome"], refused["object"], refused["status"]) == ("refused", EMAIL, 401)
    assert "a-wrong-one" not in str(await rows_of(ada))


async def test_changes_of_accounts_are_recorded_with_their_author(ada: Person, bob: Person) -> None:
    user_id = (await bob.get("/api/auth/me"))["user_id"]
    assert (await ada.call("PUT", f"/api/users/{user_id}/groups", {"groups": ["dev"]}))[0] == 200
    key = await ada.post("/api/auth/api-keys", {"name": "ci"})
    rows = await rows_of(ada)
    (groups,) = [row for row in rows if (row["verb"], row["actor"]) == ("user.groups", EMAIL)]
    assert (groups["before"], groups["after"]) == ({"groups": ["ops"]}, {"groups": ["dev"]})
    assert groups["object"] == bob.email
    assert key["key"] not in str(rows)
    assert ada.token not in str(rows)


async def test_refreshes_and_tickets_are_no_changes(server: Any, ada: Person) -> None:
    await ada.post("/api/auth/tickets")
    assert await ada.refresh_by(ada.refresh) == 200
    await ada.post("/api/auth/api-keys", {"name": "last"})
    verbs = [row["verb"] for row in await rows_of(ada) if row["actor_kind"] != "system"]
    assert sorted({*verbs} - {"release.activate"}) == ["api-key.create", "auth.login"]


async def test_ends_and_resets_name_the_account(server: Any, ada: Person, bob: Person) -> None:
    former = bob.refresh
    for _ in range(2):
        assert await bob.refresh_by(bob.refresh) == 200
    assert await Person(server=server).refresh_by(former) == 401
    headers = {"Cookie": f"stroem_refresh={ada.refresh}"}
    other = Person(server=server)
    await other.sign_in()
    for _ in range(5):  # the first ends the session; without one there is nothing to record
        async with server.http.post("/api/auth/logout", headers=headers) as response:
            assert response.status == 200

    async def stolen() -> list[Any]:
        return [row for row in await rows_of(other) if row["verb"] == "auth.refresh"]

    (refused,) = await eventually(stolen, "the second use is recorded")
    assert (refused["object"], refused["outcome"]) == (bob.email, "refused")
    rows = await rows_of(other)
    assert [row["actor"] for row in rows if row["verb"] == "auth.logout"] == [EMAIL]
    assert [row["actor"] for row in rows if row["verb"] == "auth.reset"] == [bob.email]


async def test_a_key_is_named_where_it_is_made_and_where_it_is_used(server: Any, ada: Person) -> None:
    made = await ada.post("/api/auth/api-keys", {"name": "ci", "workspaces": ["main"]})
    by_key = Person(server=server, token=made["key"])
    await by_key.post("/api/workspaces/main/tasks/hello/execute", {"input": {"name": "Ada"}})
    rows = await rows_of(ada)
    (creation,) = [row for row in rows if row["verb"] == "api-key.create"]
    assert (creation["object"], creation["after"]) == (made["prefix"], {"name": "ci", "workspaces": ["main"]})
    assert [row["key"] for row in rows if row["verb"] == "job.run"] == [made["prefix"]]


async def test_the_administrator_of_the_settings_is_recorded(server: Any, ada: Person, bob: Person) -> None:
    for email in (EMAIL, bob.email):
        await server.app[ACCOUNTS].people.add_initial_user(email, PASSWORD)
    rows = [row for row in await rows_of(ada) if row["actor_kind"] == "system" and row["object_kind"] == "user"]
    assert [(row["verb"], row["object"], row["before"], row["after"]) for row in rows] == [
        ("user.admin", bob.email, {"is_admin": False}, {"is_admin": True}),
        ("user.create", EMAIL, None, {"is_admin": True}),
    ]
