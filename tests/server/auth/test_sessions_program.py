"""`stroem sessions` against a server where people sign in."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.server.auth.conftest import EMAIL, PASSWORD, Person, done, refused, run

STDIN = "--password-stdin"


@pytest.fixture
async def signed_in(server: Any, file: Path) -> None:
    """The program bears a key of `stroem login`, which sees no sessions."""
    await run(server, "login", "--email", EMAIL, STDIN, typed=PASSWORD)


async def test_the_session_of_the_command_is_not_listed(server: Any, ada: Person, signed_in: None) -> None:
    other = Person(server=server)
    await other.sign_in()
    page = json.loads(await done(server, "sessions", "list", STDIN, "--json", typed=PASSWORD))
    assert {one["session_id"] for one in page["items"]} == {
        one["session_id"] for one in (await ada.get("/api/auth/sessions"))["items"]
    }
    assert page["total"] == 2
    assert json.loads(await done(server, "sessions", "list", "--json", token=ada.token))["total"] == 2


async def test_a_session_is_ended_by_the_beginning_of_its_id(server: Any, ada: Person, signed_in: None) -> None:
    (own,) = (await ada.get("/api/auth/sessions"))["items"]
    assert "No session has an id" in await refused(server, "sessions", "end", "zzzz", "--yes", STDIN, typed=PASSWORD)
    assert "No session was ended" in await refused(server, "sessions", "end", own["session_id"][:8], typed="n\n")
    told = await done(server, "sessions", "end", own["session_id"][:8], typed=f"y\n{PASSWORD}\n")
    assert told == "1 session ended\n"
    assert (await ada.call("GET", "/api/auth/me"))[0] == 401


async def test_all_sessions_end(server: Any, ada: Person, signed_in: None) -> None:
    other = Person(server=server)
    await other.sign_in()
    assert (await run(server, "sessions", "end", "--yes")).exit_code == 2
    assert await done(server, "sessions", "end", "--all", "--yes", STDIN, typed=PASSWORD) == "2 sessions ended\n"
    for person in (ada, other):
        assert (await person.call("GET", "/api/auth/me"))[0] == 401
    assert await done(server, "auth", "whoami"), "API keys stay"


async def test_a_session_ends_itself_with_all(server: Any, ada: Person, file: Path) -> None:
    assert await done(server, "sessions", "end", "--all", "--yes", token=ada.token) == "1 session ended\n"
    assert (await ada.call("GET", "/api/auth/me"))[0] == 401
