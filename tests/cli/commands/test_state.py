"""`stroem state` against a Strøm that is up."""

import json
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

pytestmark = pytest.mark.xdist_group("up")

Run = Callable[..., Result]
TASK = ("-t", "hello")


def answer(done: Result) -> Any:
    assert done.exit_code == 0, done.stderr
    return json.loads(done.stdout)


def test_state_is_uploaded_shown_compared_downloaded_and_rolled_back(stroem: Run, tmp_path: Path) -> None:
    folder = tmp_path / "files"
    folder.mkdir()
    (folder / "a.txt").write_text("a")
    first = answer(stroem("state", "upload", *TASK, str(folder), "--state", "cursor=17", "--json"))["number"]
    done = stroem("state", "upload", *TASK, "--state", "cursor=18", "--mode", "merge")
    assert f"Snapshot {first + 1} is the current state" in done.stdout
    listed = stroem("state", "list", *TASK).stdout.splitlines()
    assert listed[0].split() == ["SNAPSHOT", "MADE", "BY", "JOB", "BYTES", "NOTE"]
    assert [line.split()[0] for line in listed[1:3]] == [str(first + 1), str(first)]
    assert len(answer(stroem("state", "list", *TASK, "--json"))["items"]) >= 2
    assert "files/a.txt  1" in stroem("state", "show", *TASK).stdout
    assert answer(stroem("state", "show", *TASK, str(first), "--json"))["json"] == {"cursor": "17"}
    (row,) = stroem("state", "diff", *TASK, str(first)).stdout.splitlines()[1:]
    assert row.split() == ["changed", "cursor", '"17"', '"18"']
    target = tmp_path / "state.tar.gz"
    assert answer(stroem("state", "download", *TASK, "-o", str(target), "--json")) == {"file": str(target)}
    with tarfile.open(target) as archive:
        assert {"./state.json", "./files/a.txt"} <= set(archive.getnames())
    back = answer(stroem("state", "rollback", *TASK, str(first), "--reason", "wrong", "--json"))["number"]
    assert stroem("state", "diff", *TASK, str(first), str(back)).stdout == "No differences.\n"


def test_global_state_is_apart(stroem: Run) -> None:
    number = answer(stroem("state", "upload", "--global", "--state", "a=b", "--json"))["number"]
    assert answer(stroem("state", "show", "-g", str(number), "--json"))["json"] == {"a": "b"}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("list",), "--task NAME or --global"),
        (("list", "-t", "hello", "-g"), "--task NAME or --global"),
        (("upload", "-t", "hello"), "nothing to upload"),
        (("upload", "-t", "hello", "--state", "novalue"), "KEY=VALUE"),
        (("list", "-t", "nowhere"), "nowhere"),
        (("show", "-t", "broken"), "There is no state yet"),
        (("show", "-t", "broken", "9"), "not found"),
        (("download", "-t", "broken", "9"), "not found"),
    ],
)
def test_mistakes_are_told(stroem: Run, arguments: tuple[str, ...], words: str) -> None:
    done = stroem("state", *arguments)
    assert done.exit_code != 0
    assert words in done.stderr
