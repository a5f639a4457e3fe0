"""`stroem login`, `logout` and `auth whoami` against a server where people sign in."""

import json
import stat
from pathlib import Path
from typing import Any

import pytest

from tests.server.auth.conftest import EMAIL, PASSWORD, Person, run


async def test_who_has_signed_in_gives_no_token_any_more(server: Any, file: Path) -> None:
    refused = await run(server, "tasks")
    assert refused.exit_code != 0
    assert "Sign in with `stroem login`" in refused.stderr
    done = await run(server, "login", typed=f"{EMAIL}\n{PASSWORD}\n")
    assert done.exit_code == 0, done.output
    assert f"as {EMAIL}, for 90 days" in done.stdout
    assert PASSWORD not in done.output
    assert "hello" in (await run(server, "tasks")).stdout
    assert (await run(server, "auth", "whoami")).stdout.startswith(f"{EMAIL}, administrator\nwith the API key strm_")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


async def test_the_session_of_a_login_ends_with_it(server: Any, ada: Person, file: Path) -> None:
    await run(server, "login", "--email", EMAIL, "--password-stdin", typed=PASSWORD)
    assert (await ada.get("/api/auth/sessions"))["total"] == 1, "the program's own is over"


async def test_a_second_login_takes_the_place_of_the_first(server: Any, ada: Person, file: Path) -> None:
    for _ in range(2):
        await run(server, "login", "--email", EMAIL, "--password-stdin", "--days", "3", typed=PASSWORD)
    (key,) = await ada.get("/api/auth/api-keys")
    assert key["name"].startswith("stroem login on ")
    assert (await run(server, "tasks")).exit_code == 0


async def test_logout_deletes_the_key_here_and_there(server: Any, ada: Person, file: Path) -> None:
    await run(server, "login", "--email", EMAIL, "--password-stdin", typed=PASSWORD)
    token = next(iter(json.loads(file.read_text())["servers"].values()))["token"]
    assert (await run(server, "logout")).stdout == f"Signed out of {server.url}.\n"
    assert token not in file.read_text()
    assert await ada.get("/api/auth/api-keys") == []
    assert (await run(server, "tasks")).exit_code != 0
    assert "not signed in" in (await run(server, "logout")).stdout


async def test_a_key_goes_to_its_own_server_alone(server: Any, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    await run(server, "login", "--email", EMAIL, "--password-stdin", typed=PASSWORD)
    kept = json.loads(file.read_text())
    kept["servers"] = {"http://elsewhere.example": next(iter(kept["servers"].values()))}
    file.write_text(json.dumps(kept))
    assert "Authentication required" in (await run(server, "tasks")).stderr


async def test_a_wrong_password_leaves_nothing(server: Any, file: Path) -> None:
    done = await run(server, "login", "--email", EMAIL, "--password-stdin", typed="wrong")
    assert done.exit_code != 0
    assert "Invalid email or password" in done.stderr
    assert not file.exists()


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"servers": {"x": 7}}', '{"servers": 7}'])
async def test_a_damaged_file_is_told(server: Any, file: Path, text: str) -> None:
    file.parent.mkdir(parents=True)
    file.write_text(text)
    done = await run(server, "tasks")
    assert done.exit_code != 0
    assert "is damaged: delete it" in done.stderr


class TestOpen:
    @pytest.fixture
    def overrides(self) -> dict[str, str]:
        return {}

    async def test_an_open_server_needs_no_login(self, server: Any, file: Path) -> None:
        assert "nobody signs in there" in (await run(server, "login")).stdout
        assert not file.exists()
