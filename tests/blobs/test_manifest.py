"""Lists of files: equal ones are equal bytes, and none leads out of its folder."""

import pytest

from stroem.blobs import manifest
from stroem.records.release import FileEntry

FILES = (
    FileEntry(path="a", digest="1" * 64, size=3, mode=0o755),
    FileEntry(path="b/c", digest="2" * 64, size=0),
    FileEntry(path="b/ü", link="../a"),
)


def test_a_list_is_read_as_it_was_written() -> None:
    assert manifest.from_bytes(manifest.to_bytes(FILES)) == FILES
    assert manifest.digests(manifest.to_bytes(FILES)) == {"1" * 64, "2" * 64}


@pytest.mark.parametrize("paths", [["a", "a.b", "a/b"], ["a", "b/c", "b/c/d"], ["x", "x"]])
def test_nothing_lies_below_a_file_or_stands_twice(paths: list[str]) -> None:
    with pytest.raises(manifest.UnsafePath, match=r"below it|stands twice"):
        manifest.check_paths([FileEntry(path=path) for path in paths])


@pytest.mark.parametrize("path", ["/etc/passwd", "../x", "a/../../x", "a//b", "./a", "a/.", "", "a/", "a\0b", ".."])
def test_no_path_leads_elsewhere(path: str) -> None:
    with pytest.raises(manifest.UnsafePath):
        manifest.check_paths([FileEntry(path=path)])


def test_ordinary_paths_pass() -> None:
    manifest.check_paths([FileEntry(path=path) for path in ("a", "a..b/..c", "a-b/c", "a-b/d", ".hidden/x", "b\\c")])
