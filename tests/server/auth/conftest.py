"""A server where people sign in."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import aiohttp
import attrs
import pytest
from click.testing import CliRunner, Result

from stroem.cli.main import stroem

EMAIL = "ada@example.com"
PASSWORD = "quiet-Lamp-7-orbits"
SECRET = "a-secret-of-more-than-32-characters-for-tests"


@attrs.define(kw_only=True)
class Person:
    """A client of the API, with the access token of now and the cookies of its session."""

    server: Any
    email: str = EMAIL
    token: str = ""
    refresh: str = ""

    @property
    def headers(self) -> Mapping[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    async def sign_in(self, password: str = PASSWORD) -> int:
        """The status of the answer; with 200 the tokens are taken."""
        body = {"email": self.email, "password": password}
        async with self.server.http.post("/api/auth/login", json=body) as response:
            await self._take(response)
            return int(response.status)

    async def refresh_by(self, token: str) -> int:
        """The status of a refresh with a refresh token; with 200 the new tokens are taken."""
        headers = {"Cookie": f"stroem_refresh={token}"}
        async with self.server.http.post("/api/auth/refresh", headers=headers) as response:
            await self._take(response)
            return int(response.status)

    async def call(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        """Status and JSON of an answer."""
        async with self.server.http.request(method, path, json=body, headers=self.headers) as response:
            return response.status, await response.json()

    async def get(self, path: str) -> Any:
        """The JSON at a path; it must be there."""
        status, found = await self.call("GET", path)
        assert status == 200, found
        return found

    async def post(self, path: str, body: Any = None) -> Any:
        """The JSON answer to a POST; it must succeed."""
        status, found = await self.call("POST", path, {} if body is None else body)
        assert status in (200, 201), found
        return found

    async def _take(self, response: aiohttp.ClientResponse) -> None:
        if response.status == 200:
            self.token = (await response.json())["access_token"]
            self.refresh = response.cookies["stroem_refresh"].value


@pytest.fixture
def overrides() -> dict[str, str]:
    return {
        "STROEM__AUTH__JWT_SECRET": SECRET,
        "STROEM__AUTH__INITIAL_USER__EMAIL": EMAIL,
        "STROEM__AUTH__INITIAL_USER__PASSWORD": PASSWORD,
    }


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Path of the file in which `stroem login` keeps API keys."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.delenv("STROEM_TOKEN", raising=False)
    return tmp_path / "config" / "stroem" / "credentials.json"


async def run(server: Any, *arguments: str, typed: str = "", token: str = "") -> Result:
    """Runs a command against the server to its end, with a token or the key of `stroem login`."""
    environment = {"STROEM_URL": server.url} | ({"STROEM_TOKEN": token} if token else {})
    return await asyncio.to_thread(CliRunner().invoke, stroem, list(arguments), input=typed, env=environment)


async def done(server: Any, *arguments: str, typed: str = "", token: str = "") -> str:
    """Run a command that succeeds; return its stdout."""
    result = await run(server, *arguments, typed=typed, token=token)
    assert result.exit_code == 0, result.output
    return result.stdout


async def refused(server: Any, *arguments: str, typed: str = "", token: str = "") -> str:
    """Run a command that fails; return its stderr."""
    result = await run(server, *arguments, typed=typed, token=token)
    assert result.exit_code != 0, result.output
    return result.stderr


@pytest.fixture
async def ada(server: Any) -> Person:
    """The administrator, signed in."""
    found = Person(server=server)
    assert await found.sign_in() == 200
    return found


@pytest.fixture
async def bob(server: Any, ada: Person) -> Person:
    """A person without special rights, signed in by a password of their own."""
    user = await ada.post("/api/users", {"email": "Bob@Example.com", "groups": ["ops"]})
    link = await ada.post(f"/api/users/{user['user_id']}/reset-link")
    body = {"token": link["url"].partition("#token=")[2], "new_password": PASSWORD}
    async with server.http.post("/api/auth/reset", json=body) as response:
        assert response.status == 200
    found = Person(server=server, email="bob@example.com")
    assert await found.sign_in() == 200
    return found
