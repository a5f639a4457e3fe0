"""`STROEM_WORKSPACE`, the default of `--workspace`."""

from collections.abc import Callable
from pathlib import Path

import click
import pytest
from click.testing import Result

from stroem.cli.program.commands import COMMANDS
from tests.cli.program.test_help import leaf, names

Run = Callable[..., Result]
OTHERS = {"up", "plan", "audit list", "audit export", "keys create", "workers create-join-token"}
"""Commands whose `--workspace` is a folder, a bound, another source, or the filter of a record."""


@pytest.mark.parametrize("name", sorted(set(names()) - set(OTHERS)))
def test_each_workspace_of_an_option_may_be_in_the_variable(name: str) -> None:
    options = [one for one in leaf(name).params if isinstance(one, click.Option) and "--workspace" in one.opts]
    assert all(one.envvar == "STROEM_WORKSPACE" for one in options)


def test_the_others_have_such_an_option() -> None:
    assert COMMANDS
    for name in OTHERS:
        (option,) = (one for one in leaf(name).params if "--workspace" in one.opts)
        assert option.envvar is None, name


@pytest.mark.xdist_group("up")
def test_the_variable_names_the_workspace(stroem: Run, monkeypatch: pytest.MonkeyPatch, workspace_dir: Path) -> None:
    monkeypatch.setenv("STROEM_WORKSPACE", "nowhere")
    for arguments in (("tasks",), ("trigger", "hello", "name=Ada"), ("workspace", "show"), ("secrets", "list")):
        refused = stroem(*arguments)
        assert (refused.exit_code, "nowhere" in refused.stderr) == (5, True), arguments
    assert "hello" in stroem("tasks", "-w", "default").stdout, "the option goes before"
    assert "nightly" in stroem("triggers", "--path", str(workspace_dir)).stdout, "a folder is not in a workspace"
    monkeypatch.setenv("STROEM_WORKSPACE", "")
    assert "hello" in stroem("tasks").stdout, "an empty one is none"
    monkeypatch.setenv("STROEM_WORKSPACE", "default")
    assert "default" in stroem("workspace", "show").stdout
