"""Files of a running Strøm's data folder are private to its owner."""

import os
import re
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from stroem.cli.main import stroem as program

ONE_UP = pytest.mark.xdist_group("up")

WORKFLOWS = """\
tasks:
  leaves:
    flow:
      writes: {type: shell, cmd: "umask; touch made; mkdir folder; stat -c 'mode %a' made folder files files/given.txt"}
      reads: {type: shell, cmd: "pwd", depends_on: [writes]}
"""
OPEN = stat.S_IRWXG | stat.S_IRWXO


def open_to_others(root: Path) -> Iterator[str]:
    """Paths in a folder open to group or others, except files of workspaces, which keep their modes."""
    for parent, folders, files in os.walk(root):
        for name in ("", *folders, *files):
            path = Path(parent, name)
            inside = path.relative_to(root).parts
            of_a_workspace = inside[:1] == ("worker",) and (
                (inside[2:3] == ("workspaces",) and len(inside) > 5)
                or (inside[2:3] == ("steps",) and inside[4:5] == ("work",) and len(inside) > 5)
            )
            mode = path.lstat().st_mode
            if path == root and os.geteuid() == 0:  # PostgreSQL, another user of its group then, must pass through
                assert path.group() == "root"
                mode &= ~stat.S_IXGRP
            if not (of_a_workspace or stat.S_ISLNK(mode)) and mode & OPEN:
                yield f"{path} {stat.filemode(mode)}"


@pytest.mark.slow("starts and stops whole programs")
@ONE_UP
def test_nothing_is_open_to_others(start: Callable, data_dir: Path, tmp_path: Path) -> None:
    (tmp_path / ".workflows").mkdir()
    (tmp_path / ".workflows" / "tasks.yaml").write_text(WORKFLOWS)
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "given.txt").write_text("given")
    (tmp_path / "files" / "given.txt").chmod(0o644)
    begun = os.umask(0o022)
    try:
        up = start("up", "--json", "--port", "0", "--data-dir", str(data_dir), "--workspace", str(tmp_path))
    finally:
        os.umask(begun)

    done = CliRunner().invoke(program, ("trigger", "leaves", "--follow"), env={"STROEM_URL": up.address})
    assert "0022" in done.stdout, "a step has the umask of the one who started the program"
    assert re.findall(r"mode (\d+)", done.stdout) == ["644", "755", "755", "644"]
    assert list(data_dir.glob("worker/*/steps/*/work/files/given.txt")), "the folder of a step is there to look at"
    assert list(data_dir.glob("blobs/*/*"))
    assert list(open_to_others(data_dir)) == []
    assert up.stop() == 0
    assert list(open_to_others(data_dir)) == []

    for path in (data_dir, data_dir / "blobs", data_dir / "cache", *(data_dir / "worker").iterdir()):
        path.chmod(0o755)
    up = start("up", "--json", "--port", "0", "--data-dir", str(data_dir), "--workspace", str(tmp_path))
    assert list(open_to_others(data_dir)) == []
    assert up.stop() == 0
