"""Tarballs are unpacked only inside their directory."""

import tarfile
from pathlib import Path

import pytest

from stroem.worker.tarball import TarballUnsafe, unpack


@pytest.fixture
def target(tmp_path: Path) -> Path:
    target = tmp_path / "target"
    target.mkdir()
    return target


def make(tmp_path: Path, *members: tuple[str, bytes, str]) -> Path:
    """A tarball of members: name, type, link target."""
    path = tmp_path / "some.tar"
    with tarfile.open(path, "w") as archive:
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
