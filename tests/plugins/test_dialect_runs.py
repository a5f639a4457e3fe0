"""Jobs of a third-party dialect: from its files through engine, store and worker to the API."""

import json
from pathlib import Path

import pytest

from tests.plugins.conftest import run_stroem
from tests.plugins.machine.workspace import write


@pytest.mark.slow("starts and stops whole programs")
def test_a_state_machine_goes_back_waits_and_catches(installed_machine: Path, tmp_path: Path) -> None:
    workspace = write(tmp_path / "workspace")
    done = run_stroem(installed_machine, tmp_path / "cache", "run", "ship", "--path", str(workspace), "--json")
    assert done.returncode == 0, done.stderr
    *_, end = map(json.loads, done.stdout.splitlines())
    job = end["job"]
    assert (job["status"], job["output"]) == ("completed", {"sent": "mended"})
    steps = {step["step_name"]: step for step in job["steps"]}
    visits = {"check", "check~2", "check~3", "pause", "pause~2", "pack", "repair", "send"}
    assert visits <= set(steps)
    assert {name: steps[name]["status"] for name in visits} == {
        name: "failed" if name == "pack" else "completed" for name in visits
    }
    assert [steps[name]["output"]["tries"] for name in ("check", "check~2", "check~3")] == [0, 1, 2]
