"""Secrets in Vault, against its documented API: `GET /v1/MOUNT/data/PATH` of a key-value engine of version 2."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from stroem.errors import SettingsError
from stroem.interfaces.secret_store import StoreFailed, Unreadable
from stroem.registry.making import make_plugin
from stroem.secrets.vault_store import VaultStore
from stroem.testing.secret_store_conformance import SecretStoreConformance

TOKEN = "hvs.token-of-the-server"
VALUE = "the-value-in-vault"
METADATA = {"created_time": "2026-01-01T00:00:00Z", "deletion_time": "", "destroyed": False, "version": 1}


class Vault:
    """What a Vault with one key-value engine at `secret` answers."""

    def __init__(self) -> None:
        self.data: dict[str, Any] = {"shop/db": {"password": VALUE, "port": 5432, "deep": {"a": "b"}}}
        self.asked: list[tuple[str, str | None]] = []
        self.status: int | None = None
        self.body: dict[str, Any] | None = None

    async def answer(self, request: web.Request) -> web.Response:
        self.asked.append((request.raw_path, request.headers.get("X-Vault-Namespace")))
        if self.status is not None:
            return web.json_response(self.body or {"errors": []}, status=self.status, headers={"Location": "/v1/x"})
        if request.headers.get("X-Vault-Token") != TOKEN or "forbidden" in request.path:
            return web.json_response({"errors": ["permission denied"]}, status=403)
        path = request.path.removeprefix("/v1/secret/data/")
        if path == "shop/deleted":
            return web.json_response({"data": {"data": None, "metadata": METADATA}})
        if path not in self.data:
            return web.json_response({"errors": []}, status=404)
        return web.json_response({"data": {"data": self.data[path], "metadata": METADATA}})


@pytest.fixture
async def server() -> AsyncIterator[tuple[Vault, str]]:
    vault = Vault()
    app = web.Application()
    app.router.add_get("/{path:.*}", vault.answer)
    async with TestServer(app) as running:
        yield vault, str(running.make_url("")).rstrip("/")


class TestVaultStore(SecretStoreConformance):
    value = VALUE

    @pytest.fixture(autouse=True)
    def _vault(self, server: tuple[Vault, str]) -> None:
        self.vault, self.url = server

    def make_store(self, **more: Any) -> VaultStore:
        return VaultStore(**{"url": self.url, "token": TOKEN, **more})

    def stored(self) -> str:
        return "shop/db#/password"

    def missing(self) -> str:
        return "shop/none#/password"

    async def read(self, place: str, **more: Any) -> str | Unreadable:
        store, wanted = self.make_store(**more), self.reference(place)
        try:
            return (await store.read("shop", [wanted]))[wanted]
        finally:
            await store.close()

    @pytest.mark.parametrize(
        ("place", "answer"),
        [
            ("shop/db#/port", "5432"),
            ("shop/db#/deep/a", "b"),
            ("shop/db", Unreadable("has several keys there: write ref+…#/KEY")),
            ("shop/db#/user", Unreadable("has no such key there")),
            ("shop/db#/deep", Unreadable("has no text there, but a map, a list or nothing")),
            ("shop/none#/a", Unreadable("has nothing at that path")),
            ("shop/deleted#/a", Unreadable("has a deleted version there")),
            ("shop/forbidden#/a", Unreadable("does not let its token read that path (403)")),
        ],
    )
    async def test_keys_are_read_or_told(self, place: str, answer: str | Unreadable) -> None:
        assert await self.read(place) == answer

    async def test_a_path_is_read_once_and_stays_in_its_engine(self) -> None:
        store = self.make_store(namespace="team")
        wanted = [self.reference(f"shop/db#/{key}") for key in ("password", "port")]
        wanted.append(self.reference("a%2f..%2f..%2fsys/b?x=1#/k"))
        await store.read("shop", wanted)
        await store.close()
        assert sorted(self.vault.asked) == [
            ("/v1/secret/data/a%252f..%252f..%252fsys/b%3Fx%3D1", "team"),
            ("/v1/secret/data/shop/db", "team"),
        ]

    @pytest.mark.parametrize(
        ("status", "message"), [(503, "answers 503, as when it is sealed"), (500, "answers 500"), (307, "answers 307")]
    )
    async def test_a_vault_that_answers_otherwise_fails_as_a_whole(self, status: int, message: str) -> None:
        self.vault.status, self.vault.body = status, {"errors": [VALUE]}
        with pytest.raises(StoreFailed) as failure:
            await self.read("shop/db#/password")
        assert str(failure.value) == message
        assert len(self.vault.asked) == 1

    async def test_an_engine_of_another_kind_is_told(self) -> None:
        self.vault.status, self.vault.body = 200, {"data": {"password": VALUE}}
        told = Unreadable("has no secret of a key-value engine of version 2 there")
        assert await self.read("shop/db#/password") == told

    async def test_the_token_is_read_from_its_file_each_time(self, tmp_path: Path) -> None:
        file = tmp_path / "token"
        file.write_text("an-old-one\n")
        store, wanted = self.make_store(token=None, token_file=file), self.reference("shop/db#/password")
        assert isinstance((await store.read("shop", [wanted]))[wanted], Unreadable)
        file.write_text(f"{TOKEN}\n")
        assert (await store.read("shop", [wanted]))[wanted] == VALUE
        file.unlink()
        with pytest.raises(StoreFailed, match=r"has no token: .* cannot be read: No such file or directory"):
            await store.read("shop", [wanted])
        await store.close()

    async def test_an_answer_in_many_pieces_is_read_whole(self) -> None:
        self.vault.data["shop/large"] = {"other": "x" * 500_000, "password": VALUE}
        assert await self.read("shop/large#/password") == VALUE

    async def test_an_answer_that_is_too_long_is_not_read(self) -> None:
        self.vault.data["shop/large"] = {"password": "x" * (1024 * 1024)}
        with pytest.raises(StoreFailed, match="answers more than 1048576 bytes"):
            await self.read("shop/large#/password")

    async def test_a_vault_that_does_not_listen_is_told_without_the_token(self) -> None:
        with pytest.raises(StoreFailed, match="cannot be reached: Client") as failure:
            await self.read("shop/db#/password", url="http://127.0.0.1:9")
        assert TOKEN not in str(failure.value)
        assert TOKEN not in repr(self.make_store())


@pytest.mark.parametrize(
    "options",
    [
        {"url": "vault.example.org", "token": TOKEN},
        {"url": "file:///etc", "token": TOKEN},
        {"url": "https://a:b@vault.example.org", "token": TOKEN},
        {"url": "https://vault.example.org?x=1", "token": TOKEN},
        {"url": "https://vault.example.org"},
        {"url": "https://vault.example.org", "token": TOKEN, "token_file": "/x"},
        {"token": TOKEN},
    ],
)
def test_wrong_options_are_mistakes(options: dict[str, Any]) -> None:
    with pytest.raises(SettingsError) as mistake:
        make_plugin(VaultStore, options)
    assert TOKEN not in str(mistake.value)
