"""`stroem run`: a database, a server and a worker for one job."""

import datetime
import re
from pathlib import Path

import pytest


@pytest.mark.slow("starts and stops whole programs")
def test_run_does_one_job_and_leaves_nothing(here, workspace_dir: Path, data_dir: Path) -> None:
    path = ("--path", str(workspace_dir))
    done = here("run", "hello", "name=Ada", "count=2", *path, TMPDIR=str(data_dir))
    assert done.exit_code == 0, done.stderr
    assert done.stdout == 'greet | Hello, Ada!\ngreet | OUTPUT: {"count": 2}\n'
    assert 'Output: {"greet": {"count": 2}}' in done.stderr
    assert not list(data_dir.glob("stroem-run-*"))
    assert here("run", "broken", *path).exit_code == 1


def test_a_step_knows_the_revision_of_its_files_and_has_no_git_of_theirs(here, tmp_path: Path) -> None:
    (tmp_path / ".workflows").mkdir()
    (tmp_path / ".workflows" / "a.yaml").write_text(
        "tasks:\n  t:\n    flow:\n"
        '      s: {type: shell, cmd: "ls -d .git 2>&1; env | grep ^STROEM_COMMIT | sort"}\n'
        '      o: {type: shell, env: {STROEM_COMMIT: own}, cmd: "echo $STROEM_COMMIT", depends_on: [s]}\n'
    )
    before = datetime.datetime.now(datetime.UTC)
    done = here("run", "t", "--path", str(tmp_path))
    missing, commit, moment, own = done.stdout.splitlines()
    assert "No such file" in missing
    assert re.fullmatch(r"s \| STROEM_COMMIT=[0-9a-f]{64}", commit)
    made = datetime.datetime.fromisoformat(moment.removeprefix("s | STROEM_COMMIT_TIME="))
    assert before < made < datetime.datetime.now(datetime.UTC)
    assert own == "o | own"


def test_run_does_nothing_in_a_workspace_with_mistakes(here, tmp_path: Path) -> None:
    (tmp_path / ".workflows").mkdir()
    (tmp_path / ".workflows" / "a.yaml").write_text("tasks:\n  t: {flow: {s: {action: missing}}}\n")
    done = here("run", "t", "--path", str(tmp_path))
    assert done.exit_code == 1
    assert "unknown-action" in done.stderr
    assert "nothing was run" in done.stderr
