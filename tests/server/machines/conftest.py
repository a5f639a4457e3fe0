"""Workers that join a server by tokens."""

from typing import Any

import aiohttp
import attrs
import pytest

from stroem.protocol.worker_token import hash_of, new_worker_token
from tests.server.traveller import Traveller

Answer = tuple[int, Any]


async def call(session: aiohttp.ClientSession, method: str, path: str, token: str | None, **more: Any) -> Answer:
    """Status and JSON of an answer; bytes of other media."""
    headers = {**({"Authorization": f"Bearer {token}"} if token else {}), **more.pop("headers", {})}
    async with session.request(method, path, headers=headers, **more) as response:
        is_json = response.content_type == "application/json"
        return response.status, await response.json() if is_json else await response.read()


@attrs.define(kw_only=True)
class Machine:
    """A worker with a token of its own."""

    server: Any
    name: str
    token: str = attrs.field(factory=new_worker_token)
    worker_id: str = ""

    async def call(self, method: str, path: str, **more: Any) -> Answer:
        """Status and content of an answer below `/worker`."""
        return await call(self.server.http, method, f"/worker/{path}", self.token, **more)

    async def join(self, join_token: str) -> Answer:
        body = {"name": self.name, "join_token": join_token, "token_hash": hash_of(self.token).hex()}
        return await call(self.server.http, "POST", "/worker/join", None, json=body)

    async def register(self, **more: Any) -> Answer:
        """Registers; the worker has the id that it is given."""
        body = {"name": self.name, "capabilities": ["script"], "tags": [], **more}
        status, found = await self.call("POST", "register", json=body)
        if status == 200:
            self.worker_id = found["worker_id"]
        return status, found

    async def ask(self, **more: Any) -> Answer:
        """A request for steps."""
        body = {"worker_id": self.worker_id, "capabilities": ["script"], "tags": [], "max_steps": 4, **more}
        return await self.call("POST", "jobs/claim", json=body)

    async def rotate(self, token: str) -> Answer:
        return await self.call("POST", "token", json={"token_hash": hash_of(token).hex()})


@pytest.fixture
def join_token(server: Any) -> Any:
    """Makes join tokens as the API does."""

    async def make(**wanted: Any) -> str:
        async with server.http.post("/api/workers/join-tokens", json={"uses": None, **wanted}) as response:
            assert response.status == 200, await response.text()
            return str((await response.json())["token"])

    return make


@pytest.fixture
def machine(server: Any, join_token: Any) -> Any:
    """Makes workers that have joined and registered."""

    async def make(name: str, registration: Any = None, **wanted: Any) -> Machine:
        made = Machine(server=server, name=name)
        assert (await made.join(await join_token(**wanted)))[0] == 200
        assert (await made.register(**(registration or {})))[0] == 200
        return made

    return make


@pytest.fixture
async def shared(server: Any) -> Traveller:
    """A worker with the shared token."""
    answer = await server.ask_worker_api("register", {"name": "shared", "capabilities": ["script"], "tags": []})
    return Traveller(server=server, worker_id=answer["worker_id"])
