"""Keys in files."""

import os
import stat
import threading
from pathlib import Path

import pytest

from stroem.errors import KeyFileUnusable
from stroem.files.key_file import key_in


def test_a_key_is_made_once_and_private(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "server.key"
    key = key_in(path, "key_file")
    assert len(key) == 64
    assert key_in(path, "key_file") == key
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [one.name for one in path.parent.iterdir()] == ["server.key"]


def test_all_that_make_it_at_once_get_the_same(tmp_path: Path) -> None:
    found: list[bytes] = []
    threads = [threading.Thread(target=lambda: found.append(key_in(tmp_path / "k", "key_file"))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(set(found)) == 1


def test_a_key_that_cannot_be_used_names_the_setting(tmp_path: Path) -> None:
    (tmp_path / "short").write_text("abc\n")
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "large").write_text("x" * 100_000)
    for name in ("short", "folder", "short/inside", "fifo", "large"):
        with pytest.raises(KeyFileUnusable, match="key_file"):
            key_in(tmp_path / name, "key_file")
