"""Files of folders into which steps may still write."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from stroem.files.open_beneath import open_beneath


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A folder with a file in another one, beside a secret."""
    (tmp_path / "secret").write_text("secret")
    inner = tmp_path / "root" / "a" / "b"
    inner.mkdir(parents=True)
    (inner / "file").write_text("plain")
    return tmp_path / "root"


def test_a_plain_file_is_read_also_when_its_path_leads_elsewhere_by_then(root: Path) -> None:
    descriptor = open_beneath(root, "a/b/file")
    (root / "a" / "b" / "file").unlink()
    (root / "a" / "b" / "file").symlink_to(root.parent / "secret")
    with os.fdopen(descriptor) as opened:
        assert opened.read() == "plain"


def replace_file(root: Path) -> None:
    (root / "a" / "b" / "file").unlink()
    (root / "a" / "b" / "file").symlink_to(root.parent / "secret")


def replace_folder(root: Path) -> None:
    (root / "a").rename(root.parent / "a")
    (root / "a").symlink_to(root.parent / "a")


def replace_by_pipe(root: Path) -> None:
    (root / "a" / "b" / "file").unlink()
    os.mkfifo(root / "a" / "b" / "file")


@pytest.mark.parametrize("replace", [replace_file, replace_folder, replace_by_pipe])
def test_no_link_is_followed_and_no_pipe_is_waited_for(root: Path, replace: Callable[[Path], None]) -> None:
    replace(root)
    with pytest.raises(OSError, match=r"."):
        open_beneath(root, "a/b/file")
