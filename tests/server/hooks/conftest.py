"""A server whose workspace has webhooks."""

import hashlib
import hmac
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from stroem.server.keys import SERVICES
from tests.server.conftest import Running
from tests.support.workspace_files import write_workspace

SECRET = "correct-horse-battery-staple"
WORKFLOWS = """
secrets:
  hook: correct-horse-battery-staple
tasks:
  greet:
    input:
      who: {type: string, required: true}
    flow:
      say: {type: script, script: "echo {{ input.who }}"}
  plain:
    flow:
      say: {type: script, script: "echo"}
triggers:
  on-push:
    type: webhook
    name: push
    task: greet
    secret: "{{ secret.hook }}"
    input: {who: "{{ body.who }}"}
  on-change:
    type: webhook
    name: signed
    task: plain
    signature: github
    secret: "{{ secret.hook }}"
    if: body.who != 'nobody'
    redact: {body: [card]}
  ask:
    type: webhook
    name: ask
    task: greet
    mode: sync
    timeout_secs: 60
    input: {who: "{{ body.who }}"}
  told:
    type: webhook
    name: told
    task: greet
    mode: sync
    timeout_secs: 60
    input: {who: "{{ body.who }}"}
    respond:
      status: "{{ 201 if status == 'completed' else 502 }}"
      headers: {X-Job: "{{ job_id }}", X-Two: "a\\nb"}
      body: {for: "{{ body.who }}", said: "{{ output.say.said }}"}
  quick:
    type: webhook
    name: quick
    task: plain
    mode: sync
    timeout_secs: 1
  orders:
    type: webhook
    name: orders
    task: plain
    dedup: "{{ body.order }}"
  rare:
    type: webhook
    name: rare
    task: plain
    rate_limit: 2 per 1h
  off:
    type: webhook
    name: disabled
    task: plain
    enabled: false
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A workspace with webhooks."""
    return write_workspace(tmp_path / "workspace", WORKFLOWS)


@pytest.fixture
async def hooks(server: Running) -> Running:
    """A server that knows the triggers of its workspace."""
    await server.app[SERVICES].triggers.sync.run_once()
    return server


def signed(body: bytes) -> dict[str, str]:
    """The headers of a signed request with JSON."""
    signature = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    return {"content-type": "application/json", "x-hub-signature-256": f"sha256={signature}"}


async def post(server: Running, path: str, json: Any = None, **more: Any) -> tuple[int, Any]:
    """The status of a request to a hook, and its JSON."""
    async with server.http.post(f"/hooks/{path}", **({} if json is None else {"json": json}), **more) as response:
        return response.status, await answer(response)


async def answer(response: aiohttp.ClientResponse) -> Any:
    """The JSON of an answer, which no cache may keep."""
    if response.status < 400:
        assert response.headers["Cache-Control"] == "no-store"
    return await response.json()


async def deliveries(server: Running, trigger: str) -> list[Any]:
    """The deliveries of a trigger, oldest first."""
    items: list[Any] = (await server.get(f"/api/workspaces/main/triggers/{trigger}/deliveries"))["items"]
    return items[::-1]
