"""Secrets in files that a real SOPS has encrypted with age."""

import asyncio
import json
import os
import subprocess
from pathlib import Path

import pytest

from stroem.definitions.secret_reference import SecretReference
from stroem.errors import SettingsError
from stroem.interfaces.secret_store import SecretStore, StoreFailed, Unreadable
from stroem.registry.making import make_plugin
from stroem.secrets.sops_store import SopsStore
from stroem.testing.secret_store_conformance import SecretStoreConformance
from tests.support.process import is_alive
from tests.support.secret_tools import AGE_KEYGEN, SOPS, needs_secret_tools
from tests.support.wait import eventually

PLAIN = {
    "db.yaml": "db: {password: a-value-in-sops, port: 5432}\n",
    "db.json": json.dumps({"password": "in-json"}),
    "shop.env": "TOKEN=in-variables\n",
    "shop.ini": "[db]\npassword = in-ini\n",
    "key.pem": "-----BEGIN KEY-----\nabc\n-----END KEY-----\n",
}


@needs_secret_tools
class TestSopsStore(SecretStoreConformance):
    value = "a-value-in-sops"

    @pytest.fixture(autouse=True)
    def _files(self, tmp_path: Path) -> None:
        self.folder, self.keys = tmp_path / "secrets", tmp_path / "age.key"
        (self.folder / "shop").mkdir(parents=True)
        made = subprocess.run([AGE_KEYGEN, "-o", self.keys], check=True, capture_output=True, text=True)
        recipient = made.stderr.rpartition(": ")[2].strip()
        for name, text in PLAIN.items():
            file = tmp_path / name
            file.write_text(text)
            done = subprocess.run([SOPS, "encrypt", "--age", recipient, file], check=True, capture_output=True)
            assert self.value.encode() not in done.stdout
            (self.folder / "shop" / name).write_bytes(done.stdout)
        (self.folder / "plain.yaml").write_text("password: never-encrypted\n")
        (self.folder / "large.yaml").write_text("x" * 300_000)
        (tmp_path / "outside.yaml").write_bytes((self.folder / "shop" / "db.yaml").read_bytes())
        (self.folder / "out.yaml").symlink_to(tmp_path / "outside.yaml")

    def make_store(self) -> SecretStore:
        return SopsStore(folder=self.folder, age_key_file=self.keys, program=str(SOPS))

    def stored(self) -> str:
        return "shop/db.yaml#/db/password"

    def missing(self) -> str:
        return "shop/nothing.yaml#/password"

    async def read(self, place: str) -> str | Unreadable:
        wanted = self.reference(place)
        return (await self.make_store().read("shop", [wanted]))[wanted]

    @pytest.mark.parametrize(
        ("place", "value"),
        [
            ("shop/db.yaml#/db/port", "5432"),
            ("shop/db.json#/password", "in-json"),
            ("shop/shop.env#/TOKEN", "in-variables"),
            ("shop/shop.ini#/db/password", "in-ini"),
            ("shop/key.pem", PLAIN["key.pem"].removesuffix("\n")),
            ("shop/shop.env", "TOKEN=in-variables"),
        ],
    )
    async def test_it_reads_entries_and_whole_files(self, place: str, value: str) -> None:
        assert await self.read(place) == value

    async def test_a_file_is_decrypted_once(self, tmp_path: Path) -> None:
        counting = tmp_path / "counting"
        counting.write_text(f'#!/bin/sh\necho run >>"{tmp_path}/runs"\nexec "{SOPS}" "$@"\n')
        counting.chmod(0o755)
        store = SopsStore(folder=self.folder, age_key_file=self.keys, program=str(counting))
        wanted = [self.reference(f"shop/db.yaml#/db/{key}") for key in ("password", "port", "none")]
        found = await store.read("shop", wanted)
        assert [found[one] for one in wanted] == [self.value, "5432", Unreadable("has no such key there")]
        assert (tmp_path / "runs").read_text() == "run\n"

    @pytest.mark.parametrize(
        ("place", "reason"),
        [
            ("shop", "cannot read that file: it is no plain file"),
            ("out.yaml#/db/password", "has a link there that leads out of its folder"),
            ("large.yaml", "has a file there of more than 262144 bytes"),
        ],
    )
    async def test_what_it_cannot_read_has_a_reason(self, place: str, reason: str) -> None:
        assert await self.read(place) == Unreadable(reason)

    async def test_what_is_not_encrypted_or_for_another_key_is_refused_alone(self) -> None:
        wanted = [self.reference(place) for place in ("plain.yaml#/password", self.stored())]
        found = await self.make_store().read("shop", wanted)
        assert found[wanted[1]] == self.value
        refused = found[wanted[0]]
        assert isinstance(refused, Unreadable)
        assert refused.reason.startswith("cannot decrypt that file (exit code ")
        self.keys.write_text("")
        assert isinstance(await self.read(self.stored()), Unreadable)


async def test_a_program_that_is_not_there_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("a: b\n")
    store = SopsStore(folder=tmp_path, program="/no/such/sops")
    with pytest.raises(StoreFailed, match="cannot run the program /no/such/sops: No such file"):
        await store.read("shop", [SecretReference(store="sops", path="a.yaml", key="a")])


async def pid_of_cancelled(folder: Path, script: str) -> int:
    """The process id that a program has written into the FIFO `$PIDS` before its reading was cancelled."""
    (folder / "a.yaml").write_text("a: b\n")
    program, pids = folder / "program", folder / "pids"
    os.mkfifo(pids)
    program.write_text(f'#!/bin/sh\nPIDS="{pids}"\n{script}\n')
    program.chmod(0o755)
    store = SopsStore(folder=folder, program=str(program))
    reading = asyncio.create_task(store.read("shop", [SecretReference(store="sops", path="a.yaml")]))
    pid = int(await asyncio.to_thread(pids.read_text))
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    return pid


async def test_a_program_that_hangs_is_killed_with_the_reading(tmp_path: Path) -> None:
    pid = await pid_of_cancelled(tmp_path, 'echo $$ >"$PIDS"\nexec sleep 1000')
    assert not Path("/proc", str(pid)).exists()


async def test_what_a_program_leaves_behind_is_killed_with_the_reading(tmp_path: Path) -> None:
    pid = await pid_of_cancelled(tmp_path, 'sleep 1000 &\necho $! >"$PIDS"')
    await eventually(lambda: not is_alive(pid), "what the program left has ended")


async def test_endless_output_is_cut(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("a: b\n")
    endless = tmp_path / "endless"
    endless.write_text("#!/bin/sh\nexec cat /dev/zero\n")
    endless.chmod(0o755)
    reference = SecretReference(store="sops", path="a.yaml")
    found = await SopsStore(folder=tmp_path, program=str(endless)).read("shop", [reference])
    refused = found[reference]
    assert isinstance(refused, Unreadable)
    assert "its output has more than 1048576 bytes" in refused.reason


def test_its_folder_is_checked() -> None:
    with pytest.raises(SettingsError, match="absolute path"):
        make_plugin(SopsStore, {"folder": "relative"})
