"""Keys of webhooks that a template makes of parts that are not stored."""

from pathlib import Path

import pytest

from tests.server.conftest import Running
from tests.server.hooks.conftest import deliveries, post
from tests.server.hooks.test_receive import everything_in
from tests.support.workspace_files import write_workspace

WORKFLOWS = """
tasks:
  plain:
    flow:
      say: {type: script, script: "echo"}
triggers:
  paid:
    type: webhook
    name: paid
    task: plain
    dedup: "{{ body.card + 1 }}-{{ headers['x-key'] }}"
    redact: {body: [card], headers: [x-key]}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A workspace with a webhook whose `dedup` reads what it redacts."""
    return write_workspace(tmp_path / "workspace", WORKFLOWS)


async def test_each_redacted_value_has_a_key_of_its_own(hooks: Running) -> None:
    first, again, other = [
        (await post(hooks, "paid", {"card": int(card)}, headers={"x-key": "kept-nowhere"}))[1]
        for card in ("4111000011", "4111000011", "4222000022")
    ]
    assert again == {**first, "duplicate": True}
    assert other["job_id"] != first["job_id"]
    one, two, three = await deliveries(hooks, "paid")
    assert one["key"] == two["key"] != three["key"]
    assert len(one["key"]) == len("dedup:") + 64
    stored = await everything_in(hooks)
    assert not any(secret in stored for secret in ("4111000011", "4222000022", "kept-nowhere"))


async def test_an_error_shows_nothing_of_a_redacted_value(hooks: Running) -> None:
    status, found = await post(hooks, "paid", {"card": "card-4111"}, headers={"x-key": "k"})
    assert (status, "card-4111" in str(found)) == (400, False)
    assert "card-4111" not in await everything_in(hooks)
