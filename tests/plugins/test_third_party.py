"""A distribution that the project knows nothing of brings a runner and a command."""

import functools
import json
from pathlib import Path
from typing import Any

import pytest

from tests.plugins.conftest import run_stroem

WORKFLOW = """\
actions:
  greet:
    type: script
    runner: greeter
    script: "{{ input.name }}"
    options:
      loud: true
    input:
      name:
        type: string
tasks:
  hello:
    input:
      name:
        type: string
        default: world
    flow:
      say:
        action: greet
        input:
          name: "{{ input.name }}"
      repeat:
        type: script
        script: echo 'OUTPUT:' '"{{ say.output.greeting }} {{ say.output.greeting }}"'
        depends_on: [say]
"""


@pytest.fixture
def stroem(installed: Path, tmp_path: Path) -> Any:
    """Runs the program with the plugin installed."""

    return functools.partial(run_stroem, installed, tmp_path / "cache")


def test_the_plugin_is_listed_and_broken_ones_say_why(stroem: Any) -> None:
    listed = stroem("plugins", "--json")
    assert listed.returncode == 1, "some plugins failed"
    plugins = {plugin["name"]: plugin for plugin in json.loads(listed.stdout)["items"]}
    assert plugins["greeter"] == {
        "name": "greeter",
        "distribution": "stroem-greeter",
        "version": "1.2.3",
        "hooks": ["stroem_cli_commands", "stroem_runners"],
        "error": None,
    }
    assert "ModuleNotFoundError: No module named 'stroem_greeter_needs_this'" in plugins["greeter-broken"]["error"]
    assert "unknown hook 'stroem_runers'" in plugins["greeter-misspelt"]["error"]
    assert plugins["greeter-wrong"]["error"] == "stroem_runners hands over Nameless, which has no text `name`"
    assert plugins["shell"]["error"] is None


def test_its_command_is_a_command(stroem: Any) -> None:
    assert stroem("greet", "Ada").stdout == "Hello, Ada!\n"
    assert "Greet somebody." in stroem("--help").stdout


@pytest.mark.slow("starts and stops whole programs")
def test_its_runner_runs_steps(stroem: Any, tmp_path: Path) -> None:
    workspace = tmp_path / "workspace"
    (workspace / ".workflows").mkdir(parents=True)
    (workspace / ".workflows" / "hello.yaml").write_text(WORKFLOW)
    done = stroem("run", "hello", "--path", str(workspace), "--input", '{"name": "Ada"}')
    assert done.returncode == 0, done.stderr
    assert '"HELLO, ADA! HELLO, ADA!"' in done.stdout
