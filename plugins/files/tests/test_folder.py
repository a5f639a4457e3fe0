"""Triggers that watch a folder: the published suite, and what is read."""

import os
from pathlib import Path
from typing import Any

import pytest

from stroem.interfaces.triggers.stream_trigger import Place, StreamTrigger, StreamUnreadable
from stroem.testing.stream_trigger_conformance import AllowedPlace, StreamTriggerConformance
from stroem_files import folder
from stroem_files.folder import list_folder
from stroem_files.patterns import Patterns
from stroem_files.trigger_type import FilesTrigger

ALL = Patterns(["**"])


class TestFolder(StreamTriggerConformance):
    kind = FilesTrigger
    faulty = (
        ({"path": "/a", "url": "s3://b"}, ()),
        ({"path": "inbox"}, ("path",)),
        ({"path": "/a", "pattern": "/x"}, ("pattern",)),
        ({"path": "/a", "max_wait": 60}, ("max_wait",)),
        ({"path": "/a", "region": "eu-north-1"}, ()),
    )

    @pytest.fixture(autouse=True)
    def inbox(self, tmp_path: Path) -> None:
        self.folder = tmp_path
        self.options = {"path": str(tmp_path), "settle": 0}  # type: ignore[misc]

    async def put(self, number: int) -> None:
        (self.folder / f"{number}.csv").write_text(str(number))

    def place(self) -> Place:
        return AllowedPlace(folders=(str(self.folder),))

    def unreadable(self) -> tuple[StreamTrigger, Place]:
        return FilesTrigger(path=str(self.folder / "absent")), self.place()


def names(root: Path, patterns: Patterns = ALL, allowed: Path | None = None) -> list[str]:
    return [file.name for file in list_folder(str(root), patterns, [str(allowed or root)]).files]


def test_files_in_folders_by_pattern(tmp_path: Path) -> None:
    for name in ("a.csv", "b.txt", "deep/er/c.csv", ".hidden.csv", ".git/d.csv", "deep/.e.csv"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    assert names(tmp_path) == ["a.csv", "b.txt", "deep/er/c.csv"]
    assert names(tmp_path, Patterns(["*.csv"])) == ["a.csv"]
    assert names(tmp_path, Patterns(["**/*.csv", "*.txt"])) == ["a.csv", "b.txt", "deep/er/c.csv"]


def test_links_are_not_followed(tmp_path: Path) -> None:
    inbox, elsewhere = tmp_path / "inbox", tmp_path / "elsewhere"
    inbox.mkdir()
    elsewhere.mkdir()
    (elsewhere / "secret.txt").touch()
    (inbox / "file").symlink_to(elsewhere / "secret.txt")
    (inbox / "folder").symlink_to(elsewhere)
    (inbox / "circle").symlink_to(inbox)
    assert names(inbox) == []


@pytest.mark.parametrize("inside", ["", "deep"])
def test_allowed_folders(tmp_path: Path, inside: str) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "a").touch()
    assert names(tmp_path / inside, allowed=tmp_path)[-1].endswith("a")


@pytest.mark.parametrize("path", ["", "inbox/../other", "link", "inbox2"])
def test_other_folders_are_not_read(tmp_path: Path, path: str) -> None:
    for name in ("inbox", "inbox2", "other"):
        (tmp_path / name).mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "other")
    with pytest.raises(StreamUnreadable, match="does not allow"):
        names(tmp_path / path, allowed=tmp_path / "inbox")


async def test_without_settings_nothing_is_read(tmp_path: Path) -> None:
    for trigger in (FilesTrigger(path=str(tmp_path)), FilesTrigger(url=tmp_path.as_uri())):
        with pytest.raises(StreamUnreadable, match="does not allow"):
            await trigger.read(None, AllowedPlace())


async def test_an_unreadable_file_does_not_stop_the_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "good").touch()
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/bad\xff")).touch()
    (tmp_path / "locked").mkdir()
    real = os.open

    def refuse(path: Any, *args: Any, **kwargs: Any) -> int:
        if path == "locked":
            raise PermissionError(13, "Permission denied")
        return real(path, *args, **kwargs)

    monkeypatch.setattr(folder.os, "open", refuse)  # root may open every folder
    listing = list_folder(str(tmp_path), ALL, [str(tmp_path)])
    assert [file.name for file in listing.files] == ["good"]
    assert listing.problem is not None
    assert "cannot be read, nor can 1 others" in listing.problem
    batch = await FilesTrigger(path=str(tmp_path), existing="fire", settle=0).read(  # type: ignore[arg-type]
        None, AllowedPlace(folders=[str(tmp_path)])
    )
    assert len(batch.fires) == 1
    assert batch.problem == listing.problem


async def test_the_context_of_a_file(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("1,2")
    os.utime(tmp_path / "a.csv", (1_700_000_000, 1_700_000_000))
    place = AllowedPlace(folders=[str(tmp_path)])
    trigger = FilesTrigger(url=tmp_path.as_uri(), existing="fire", settle=0)  # type: ignore[arg-type]
    (fire,) = (await trigger.read(None, place)).fires
    facts = {
        "name": "a.csv",
        "path": str(tmp_path / "a.csv"),
        "size": 3,
        "modified_at": "2023-11-14T22:13:20Z",
        "etag": None,
    }
    assert fire.input == {"file": facts}
    assert fire.context["trigger"] == {"file": facts, "files": [facts], "count": 1}


async def test_a_changed_file_fires_again_and_a_deleted_one_does_not(tmp_path: Path) -> None:
    place, file = AllowedPlace(folders=[str(tmp_path)]), tmp_path / "a"
    trigger = FilesTrigger(path=str(tmp_path), settle=0)  # type: ignore[arg-type]
    file.write_text("one")
    batch = await trigger.read(None, place)
    assert not batch.fires
    file.write_text("more")
    batch = await trigger.read(batch.cursor, place)
    assert len(batch.fires) == 1
    file.unlink()
    assert not (await trigger.read(batch.cursor, place)).fires


async def test_a_file_that_was_just_written_rests_first(tmp_path: Path) -> None:
    place = AllowedPlace(folders=[str(tmp_path)])
    trigger = FilesTrigger(path=str(tmp_path), existing="fire", settle=3600)  # type: ignore[arg-type]
    (tmp_path / "a").touch()
    os.utime(tmp_path / "a", (0, 0))  # as copies keep the times of their originals
    assert not (await trigger.read(None, place)).fires


@pytest.mark.parametrize(
    ("options", "path"),
    [
        ({}, ()),
        ({"path": "/a", "url": "s3://b"}, ()),
        ({"path": "inbox"}, ("path",)),
        ({"path": "/a/../b"}, ("path",)),
        ({"path": "/a", "pattern": "/x"}, ("pattern",)),
        ({"path": "/a", "max_wait": 60}, ("max_wait",)),
        ({"path": "/a", "region": "x"}, ()),
        ({"url": "ftp://host/a"}, ("url",)),
        ({"url": "http://169.254.169.254/a"}, ("url",)),
        ({"url": "memory:///"}, ("url",)),
        ({"url": "s3://key:secret@bucket/a"}, ("url",)),
        ({"url": "s3://b", "credentials": {"account_key": "x"}}, ("credentials", "account_key")),
        ({"url": "s3://b", "region": "evil.example.com/"}, ("region",)),
        ({"url": "s3://b", "endpoint": "file:///etc"}, ("endpoint",)),
    ],
)
def test_faults(options: dict[str, Any], path: tuple[str, ...]) -> None:
    assert path in [fault.path for fault in FilesTrigger(**options).faults()]
