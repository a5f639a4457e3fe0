"""Secrets in files: those below a folder, whatever paths and links say."""

import os
from pathlib import Path

import pytest

from stroem.definitions.secret_reference import SecretReference
from stroem.errors import SettingsError
from stroem.interfaces.secret_store import SecretStore, Unreadable
from stroem.registry.making import make_plugin
from stroem.secrets.file_store import FileStore
from stroem.testing.secret_store_conformance import SecretStoreConformance

OUTSIDE = "a-text-outside-of-the-folder"


class TestFileStore(SecretStoreConformance):
    value = "a-value-in-a-file"

    @pytest.fixture(autouse=True)
    def _files(self, tmp_path: Path) -> None:
        self.folder = tmp_path / "secrets"
        (self.folder / "shop").mkdir(parents=True)
        (tmp_path / "outside").write_text(OUTSIDE)
        (self.folder / "shop" / "password").write_text(f"{self.value}\n")
        (self.folder / "shop" / "all.yaml").write_text("db: {password: from-yaml, port: 5432, on: true}\nmore: [1]\n")
        (self.folder / "shop" / "lines").write_bytes(b"one\ntwo\r\n")
        (self.folder / "empty").write_text("\n")
        (self.folder / "binary").write_bytes(b"\xff\xfe")
        (self.folder / "nul").write_bytes(b"a\0b")
        (self.folder / "large").write_text("x" * 65537)

    def make_store(self) -> SecretStore:
        return FileStore(folder=self.folder)

    def stored(self) -> str:
        return "shop/password"

    def missing(self) -> str:
        return "shop/nothing"

    async def read(self, place: str) -> str | Unreadable:
        wanted = self.reference(place)
        return (await self.make_store().read("shop", [wanted]))[wanted]

    @pytest.mark.parametrize(
        ("place", "value"),
        [
            ("shop/lines", "one\ntwo"),
            ("shop/all.yaml#/db/password", "from-yaml"),
            ("shop/all.yaml#/db/port", "5432"),
            ("shop/all.yaml#/db/on", "true"),
        ],
    )
    async def test_it_reads_texts_and_entries(self, place: str, value: str) -> None:
        assert await self.read(place) == value

    @pytest.mark.parametrize(
        ("place", "reason"),
        [
            ("shop", "cannot read that file: it is no plain file"),
            ("shop/all.yaml#/db", "has no text there, but a map, a list or nothing"),
            ("shop/all.yaml#/db/user", "has no such key there"),
            ("shop/all.yaml#/more/0", "has no such key there"),
            ("shop/password#/db", "has no such key there"),
            ("binary#/db", "has no YAML or JSON there, so that no key can be read"),
            ("binary", "has no text in UTF-8 there"),
            ("nul", "has a value with a NUL character there"),
            ("empty", "has an empty value there"),
            ("large", "has a file there of more than 65536 bytes"),
        ],
    )
    async def test_what_it_cannot_read_has_a_reason(self, place: str, reason: str) -> None:
        assert await self.read(place) == Unreadable(reason)

    async def test_links_are_followed_inside_of_the_folder_only(self, tmp_path: Path) -> None:
        (self.folder / "..data").symlink_to("shop")
        (self.folder / "inside").symlink_to("..data/password")
        (self.folder / "out").symlink_to(tmp_path / "outside")
        (self.folder / "up").symlink_to("..")
        (self.folder / "circle").symlink_to("circle")
        assert await self.read("inside") == self.value
        out = Unreadable("has a link there that leads out of its folder")
        assert await self.read("out") == await self.read("up/outside") == out
        assert isinstance(await self.read("circle"), Unreadable)

    async def test_a_path_that_no_reference_can_have_leads_out_no_more(self, tmp_path: Path) -> None:
        for path in ("../outside", str(tmp_path / "outside"), "shop/../../outside", "a\0b"):
            wanted = SecretReference(store="store", path=path)
            found = (await self.make_store().read("shop", [wanted]))[wanted]
            assert isinstance(found, Unreadable)
            assert OUTSIDE not in found.reason

    async def test_a_pipe_is_not_waited_for(self) -> None:
        os.mkfifo(self.folder / "pipe")
        assert isinstance(await self.read("pipe"), Unreadable)

    async def test_a_folder_that_is_missing_is_told(self, tmp_path: Path) -> None:
        wanted = self.reference("shop/password")
        found = await FileStore(folder=tmp_path / "none").read("shop", [wanted])
        assert found == {wanted: Unreadable("cannot read that file: No such file or directory")}


@pytest.mark.parametrize("folder", ["relative", "/", ""])
def test_the_folder_is_an_absolute_path_below_the_root(folder: str) -> None:
    with pytest.raises(SettingsError, match="must be the absolute path of a folder"):
        make_plugin(FileStore, {"folder": folder})
