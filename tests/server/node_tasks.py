"""Tasks of nodes for a server under test, through the dialect of a plugin."""

from collections.abc import Mapping, Sequence
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any

import orjson
import pytest

from stroem.registry.plugin import Plugin
from stroem.registry.registry import Registry

ACTIONS = 'actions: {nothing: {type: script, script: "true"}, say: {type: script, script: "echo {{ input.text }}"}}'


def registry_with_nodes() -> Registry:
    """The installed plugins and the dialect of nodes."""
    own = EntryPoint(name="nodes", value="tests.server.node_plugin", group="stroem")
    return Registry(tuple(Plugin(one) for one in (*entry_points(group="stroem"), own)))


def write_nodes(folder: Path, tasks: Mapping[str, Sequence[Mapping[str, Any]]]) -> Path:
    """Writes tasks of nodes, and the actions `nothing` and `say`, into a workspace; returns its folder."""
    (folder / ".workflows" / "own.nodes.json").write_bytes(orjson.dumps(tasks))
    (folder / ".workflows" / "actions.yaml").write_text(ACTIONS)
    return folder


def node_fixtures(tasks: Mapping[str, Sequence[Mapping[str, Any]]]) -> tuple[Any, Any]:
    """The fixtures `registry` and `folder` of a file of tests whose server has these tasks of nodes."""

    @pytest.fixture
    def registry() -> Registry:
        return registry_with_nodes()

    @pytest.fixture
    def folder(folder: Path) -> Path:
        return write_nodes(folder, tasks)

    return registry, folder
