"""Sign-ins and changes of accounts in the audit log."""

from typing import Any

from tests.server.auth.conftest import EMAIL, Person
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
