"""A server on a workspace with tasks of nodes, and the program to talk to it."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from stroem.cli.main import stroem as program
from stroem.registry.registry import Registry
from tests.server.conftest import folder as empty_folder
from tests.server.conftest import overrides, server, traveller, ui_folder
from tests.server.node_tasks import registry_with_nodes, write_nodes

__all__ = ["empty_folder", "overrides", "server", "traveller", "ui_folder"]

FORM = {
    "reason": {"type": "string", "required": True},
    "percent": {"type": "integer", "default": 10},
    "version": {"type": "string"},
}
TASKS: Any = {
    "deploy": [
        {"name": "build", "action": "nothing", "entry": True, "retry": {"attempts": 3}, "edges": [{"to": 1}]},
        {"name": "gate", "kind": "approval", "input": {"message": "Deploy?", "fields": FORM}},
    ],
    "gates": [
        {"name": "deploy", "kind": "loop", "entry": True, "items": ["a", "b"]},
        {"name": "gate", "kind": "approval", "parent": 0, "entry": True, "input": {"message": "Deploy?"}},
    ],
    "paid": [{"name": "hold", "kind": "signal", "entry": True, "input": {"name": "paid"}}],
}
Run = Callable[..., Awaitable[Result]]


@pytest.fixture
def registry() -> Registry:
    return registry_with_nodes()


@pytest.fixture
def folder(empty_folder: Path) -> Path:
    (empty_folder / ".workflows" / "limited.yaml").write_text(
        "tasks: {limited: {concurrency: 1, flow: {a: {action: nothing}}}}"
    )
    return write_nodes(empty_folder, TASKS)


@pytest.fixture
def stroem(server: Any) -> Run:
    """Runs a command against the server."""

    async def against(*arguments: str, stdin: str | None = None) -> Result:
        env = {"STROEM_URL": server.url}
        return await asyncio.to_thread(lambda: CliRunner().invoke(program, arguments, input=stdin, env=env))

    return against


@pytest.fixture
def answer(stroem: Run) -> Callable[..., Awaitable[Any]]:
    """The JSON that a command prints; it must succeed."""

    async def run(*arguments: str) -> Any:
        done = await stroem(*arguments, "--json")
        assert done.exit_code == 0, done.stderr
        return json.loads(done.stdout)

    return run
