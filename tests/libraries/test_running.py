"""Libraries in jobs: whose files and whose secrets their steps see."""

import json
import urllib.request
from typing import Any

import pytest
from click.testing import CliRunner

from stroem.cli.main import stroem
from tests.libraries.conftest import SECRET

pytestmark = pytest.mark.xdist_group("libraries")


def _run(address: str, task: str) -> dict[str, list[str]]:
    done = CliRunner().invoke(stroem, ["trigger", task, "--follow", "--json"], env={"STROEM_URL": address})
    *lines, end = map(json.loads, done.stdout.splitlines())
    assert end["job"]["status"] == "completed", done.output
    said: dict[str, list[str]] = {}
    for line in lines:
        said.setdefault(line["step"], []).append(line["line"])
    return said


def _get(address: str, path: str) -> Any:
    with urllib.request.urlopen(f"{address}{path}") as answer:
        return json.load(answer)


def test_a_librarys_task_has_the_librarys_files_and_its_users_secrets(address: str) -> None:
    assert _run(address, "small.inside") == {
        "named": ["the library's"],
        "inline": ["the library's"],
        "secret": [str(len(SECRET))],
    }


def test_what_goes_over_the_wire_says_the_library_before_the_first_dot(address: str) -> None:
    task = _get(address, "/api/workspaces/default/tasks/small.inside")
    actions = {name: step["action"] for name, step in task["flow"].items()}
    assert actions["named"] == "small.where"
    assert actions["inline"].partition(".") == ("small", ".", "_inline:inside:inline")


def test_tasks_of_libraries_are_listed_without_the_folder_of_their_file(address: str) -> None:
    tasks = {task["id"]: task.get("folder") for task in _get(address, "/api/workspaces/default/tasks")}
    assert tasks["small.inside"] is None
    assert tasks["postgres.backup"] is None
