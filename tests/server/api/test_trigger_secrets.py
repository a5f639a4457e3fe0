"""Secrets of triggers: in no answer of the API."""

from typing import Any

TRIGGERS = """
triggers:
  bell:
    type: webhook
    name: bell
    task: hello
    secret: hunter22-of-bell
    input: {name: "by hunter22-of-bell", pin: pin-of-bell, count: 7}
  chime: {type: webhook, name: chime, task: hello, secret: "{{ secret.db.password }}", input: {name: x}}
"""


async def test_secrets_of_options_and_secret_inputs_are_hidden(server: Any) -> None:
    (server.folder / ".workflows" / "bells.yaml").write_text(TRIGGERS)
    async with server.http.post("/api/workspaces/main/refresh") as response:
        assert response.status == 200, await response.text()
    one = await server.get("/api/workspaces/main/triggers/bell")
    assert one["trigger"]["options"] == {"name": "bell", "secret": "••••••"}
    assert one["trigger"]["input"] == {"name": "by ••••••", "pin": "••••••", "count": 7}
    other = await server.get("/api/workspaces/main/triggers/chime")
    assert other["trigger"]["options"] == {"name": "chime", "secret": "••••••"}
    answers = [
        one,
        await server.get("/api/workspaces/main/triggers"),
        await server.get("/api/workspaces/main/tasks/hello"),
    ]
    for word in ("hunter22", "pin-of-bell", "s3cr3t-value"):
        assert word not in str(answers)
