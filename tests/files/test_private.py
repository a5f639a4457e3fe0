"""Folders that only their owner may use."""

import stat
from pathlib import Path

from stroem.files.private import private_folder


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_new_folder_is_private(tmp_path: Path) -> None:
    private_folder(tmp_path / "above" / "own")
    assert mode_of(tmp_path / "above" / "own") == 0o700


def test_a_folder_that_is_there_is_tightened(tmp_path: Path) -> None:
    tmp_path.chmod(0o2775)
    private_folder(tmp_path)
    assert mode_of(tmp_path) == 0o2700


def test_a_folder_that_many_share_stays_as_it_is(tmp_path: Path) -> None:
    tmp_path.chmod(0o1777)
    private_folder(tmp_path)
    assert mode_of(tmp_path) == 0o1777
