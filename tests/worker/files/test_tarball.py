"""Tarballs are unpacked only inside their directory."""

import gzip
import io
import tarfile
from pathlib import Path
from types import SimpleNamespace

import pytest

from stroem.files.tar_safety import TarballUnsafe
from stroem.worker.files import tarball
from stroem.worker.files.tarball import DiskFull, unpack


@pytest.fixture
def target(tmp_path: Path) -> Path:
    target = tmp_path / "target"
    target.mkdir()
    return target


def make(tmp_path: Path, *members: tuple[str, bytes, str]) -> Path:
    """A tarball of members: name, type, link target."""
    path = tmp_path / "some.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        for name, kind, linkname in members:
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, linkname
            info.mode = 0o755
            archive.addfile(info)
    return path


def test_files_directories_and_links(tmp_path: Path, target: Path) -> None:
    members = [(".", tarfile.DIRTYPE, ""), ("./a/run", tarfile.REGTYPE, ""), ("./b/link", tarfile.SYMTYPE, "../a/run")]
    unpack(make(tmp_path, *members), target)
    assert (target / "a" / "run").stat().st_mode & 0o777 == 0o755
    assert (target / "b" / "link").readlink() == Path("../a/run")


@pytest.mark.parametrize(
    ("name", "kind", "linkname"),
    [
        ("/etc/evil", tarfile.REGTYPE, ""),
        ("../evil", tarfile.REGTYPE, ""),
        ("a/../../evil", tarfile.REGTYPE, ""),
        ("device", tarfile.CHRTYPE, ""),
        ("pipe", tarfile.FIFOTYPE, ""),
        ("hard", tarfile.LNKTYPE, "/etc/passwd"),
    ],
)
def test_what_leads_outside_is_refused(tmp_path: Path, target: Path, name: str, kind: bytes, linkname: str) -> None:
    with pytest.raises(TarballUnsafe):
        unpack(make(tmp_path, (name, kind, linkname)), target)
    assert not (tmp_path / "evil").exists()


def test_links_to_the_outside_are_left_out(tmp_path: Path, target: Path, caplog: pytest.LogCaptureFixture) -> None:
    members = [("abs", tarfile.SYMTYPE, "/etc/passwd"), ("up", tarfile.SYMTYPE, "../.."), ("file", tarfile.REGTYPE, "")]
    unpack(make(tmp_path, *members), target)
    assert [path.name for path in target.iterdir()] == ["file"]
    assert "abs" in caplog.text


def test_nothing_is_written_through_a_link(tmp_path: Path, target: Path) -> None:
    members = [("out", tarfile.SYMTYPE, ".."), ("out/evil", tarfile.REGTYPE, "")]
    unpack(make(tmp_path, *members), target)
    assert not (tmp_path / "evil").exists()
    assert (target / "out").is_dir()


def test_links_that_lead_out_by_way_of_others_are_left_out(tmp_path: Path, target: Path) -> None:
    """Each looks harmless alone, in whatever order they stand."""
    members = [
        ("y", tarfile.SYMTYPE, "d/x/.."),
        ("d/x", tarfile.SYMTYPE, ".."),
        ("d/x2", tarfile.SYMTYPE, "."),
        ("z", tarfile.SYMTYPE, "d/x2/../file"),
        ("ring", tarfile.SYMTYPE, "ring"),
        ("file", tarfile.REGTYPE, ""),
    ]
    unpack(make(tmp_path, *members), target)
    assert sorted(path.name for path in target.iterdir()) == ["d", "file", "ring", "z"]
    assert (target / "z").resolve() == target / "file"


def packed(tmp_path: Path, size: int, *, pax: bool = False) -> Path:
    """A tarball of one file of zeros; with `pax` they are in its head."""
    path = tmp_path / "some.tar.gz"
    with tarfile.open(path, "w:gz", compresslevel=9) as archive:
        info = tarfile.TarInfo("zeros")
        if pax:
            info.pax_headers = {"comment": "0" * size}
        else:
            info.size = size
        archive.addfile(info, io.BytesIO(bytes(size)))
    return path


def test_far_more_than_anybody_means_is_refused(tmp_path: Path, target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tarball, "SMALLEST_LIMIT", 1024 * 1024)
    unpack(packed(tmp_path, 900_000), target)
    with pytest.raises(TarballUnsafe, match="unpacked it would be larger than"):
        unpack(packed(tmp_path, 20_000_000), target)
    with pytest.raises(TarballUnsafe, match="one of its heads is larger than"):
        unpack(packed(tmp_path, 2_000_000, pax=True), target)


def test_a_size_that_is_a_lie_is_refused(tmp_path: Path, target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The head names far more than there is."""
    info = tarfile.TarInfo("large")
    info.size = 10**13
    path = tmp_path / "some.tar.gz"
    path.write_bytes(gzip.compress(info.tobuf() + bytes(1024)))
    with pytest.raises(DiskFull, match=r"there is no room in .* for 'large'"):
        unpack(path, target)
    monkeypatch.setattr(tarball.shutil, "disk_usage", lambda _: SimpleNamespace(free=10**15))
    with pytest.raises(TarballUnsafe, match="damaged"):
        unpack(path, target)


def test_too_many_files_are_refused(tmp_path: Path, target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tarball, "MOST_MEMBERS", 3)
    with pytest.raises(TarballUnsafe, match="more than 3 files"):
        unpack(make(tmp_path, *((str(number), tarfile.REGTYPE, "") for number in range(4))), target)


@pytest.mark.parametrize("cut", [5, 20, 60])
def test_damage_is_told(tmp_path: Path, target: Path, cut: int) -> None:
    path = packed(tmp_path, 100_000)
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(TarballUnsafe, match="the tarball is damaged"):
        unpack(path, target)
    path.write_bytes(b"plain text that is no tarball at all, however long it may be")
    with pytest.raises(TarballUnsafe, match="the tarball is damaged"):
        unpack(path, target)


def test_a_sparse_file_is_refused(tmp_path: Path, target: Path) -> None:
    with pytest.raises(TarballUnsafe, match="neither a file"):
        unpack(make(tmp_path, ("sparse", tarfile.GNUTYPE_SPARSE, "")), target)
