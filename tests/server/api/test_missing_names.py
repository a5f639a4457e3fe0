"""A 404 names what was probably meant."""

import uuid
from typing import Any

import pytest


@pytest.mark.parametrize(
    ("method", "path", "told"),
    [
        ("GET", "/api/workspaces/default", "Workspace 'default' not found. The only one is 'main'."),
        ("GET", "/api/workspaces/default/tasks", "The only one is 'main'."),
        ("GET", "/api/workspaces/mian/triggers", "The only one is 'main'."),
        ("GET", "/api/workspaces/default/releases", "The only one is 'main'."),
        ("GET", "/api/workspaces/default/events", "The only one is 'main'."),
        ("POST", "/api/workspaces/default/tasks/hello/execute", "The only one is 'main'."),
        ("POST", "/api/workspaces/default/pin", "The only one is 'main'."),
        ("GET", "/api/workspaces/main/tasks/helo", "Task 'helo' not found. Did you mean 'hello'?"),
        ("POST", "/api/workspaces/main/tasks/helo/execute", "Did you mean 'hello'?"),
        ("GET", "/api/workspaces/main/tasks/helo/stats", "Did you mean 'hello'?"),
        ("GET", "/api/workspaces/main/tasks/zzz", "Task 'zzz' not found. There are: hello, sync."),
        ("POST", "/api/workspaces/main/triggers/nighty/pause", "Trigger 'nighty' not found. Did you mean 'nightly'?"),
        ("GET", "/api/jobs/{job}/steps/say_frist/logs", "Step 'say_frist' not found. Did you mean 'say-first'?"),
        ("GET", "/api/jobs/{none}/steps/say-first/logs", "Job '00000000-0000-0000-0000-000000000000' not found."),
    ],
)
async def test_a_hint(server: Any, method: str, path: str, told: str) -> None:
    body = {"ref": "x"} if method == "POST" else None
    url = path.format(job=await server.start_job() if "{job}" in path else "", none=uuid.UUID(int=0))
    async with server.http.request(method, url, json=body) as response:
        assert response.status == 404
        assert told in (await response.json())["error"]
