"""Secrets in HashiCorp Vault or OpenBao, in a key-value engine of version 2."""

import asyncio
import ssl
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import quote, urlsplit

import attrs
import orjson

from stroem.conversion.bounded import read_bounded
from stroem.definitions.secret_reference import SecretReference
from stroem.definitions.values import Json
from stroem.interfaces.options import option_error
from stroem.interfaces.secret_store import StoreFailed, Unreadable
from stroem.secrets.documents import entry_at

if TYPE_CHECKING:
    import aiohttp

_AT_ONCE = 8
_MOST_BYTES = 1024 * 1024
_NOT_FOUND, _FORBIDDEN = 404, 403


def _check_url(_: object, attribute: "attrs.Attribute[Any]", value: str) -> None:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise option_error(attribute.name, "must be an address like https://vault.example.org:8200")
    if "@" in parts.netloc:
        raise option_error(attribute.name, "must be without credentials; set `token` or `token_file`")


@attrs.define(kw_only=True, slots=False)
class VaultStore:
    """Secrets in HashiCorp Vault or OpenBao: `ref+vault://shop/db#/password` is the key `password` of `shop/db`.

    `mount` is the path of a key-value engine of version 2. The token is `token`, or is read from `token_file` each
    time, which an agent renews. `ca_bundle` has further authorities. Leases are not taken.
    """

    name: ClassVar[str] = "vault"

    url: str = attrs.field(validator=_check_url)
    mount: str = "secret"
    namespace: str | None = None
    token: str | None = attrs.field(default=None, repr=False)
    token_file: Path | None = None
    ca_bundle: Path | None = None

    def __attrs_post_init__(self) -> None:
        if (self.token is None) == (self.token_file is None):
            raise option_error("token", "is required, or else `token_file`; not both")
        self._session: aiohttp.ClientSession | None = None

    async def read(
        self, workspace: str, references: Sequence[SecretReference]
    ) -> Mapping[SecretReference, str | Unreadable]:
        """The values of keys; each path is read once."""
        if not references:
            return {}
        headers = await asyncio.to_thread(self._headers)
        slots = asyncio.Semaphore(_AT_ONCE)
        paths = list(dict.fromkeys(one.path for one in references))
        answers = await asyncio.gather(*(self._entry(path, headers, slots) for path in paths))
        found = dict(zip(paths, answers, strict=True))
        return {one: _picked(one, found[one.path]) for one in references}

    async def close(self) -> None:
        """Closes the connections."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def _entry(self, path: str, headers: Mapping[str, str], slots: asyncio.Semaphore) -> Json | Unreadable:
        """The data at a path. Raises StoreFailed."""
        import aiohttp  # slow to load, and `stroem plugins` loads every store
        import yarl

        url = yarl.URL(f"{self.url.rstrip('/')}/v1/{_quoted(self.mount)}/data/{_quoted(path)}", encoded=True)
        try:
            async with (
                slots,
                self._open().get(url, headers=headers, allow_redirects=False) as response,
            ):
                body = await read_bounded(response.content.iter_any(), _MOST_BYTES)
                status = response.status
        except (aiohttp.ClientError, OSError) as error:
            raise StoreFailed(f"cannot be reached: {type(error).__name__}") from None
        except ValueError:
            raise StoreFailed(f"answers more than {_MOST_BYTES} bytes") from None
        if status == _NOT_FOUND:
            return Unreadable("has nothing at that path")
        if status == _FORBIDDEN:
            return Unreadable("does not let its token read that path (403)")
        if status != 200:
            raise StoreFailed(f"answers {status}" + (", as when it is sealed" if status == 503 else ""))
        return _data(body)

    def _open(self) -> "aiohttp.ClientSession":
        import aiohttp

        if self._session is None:
            context = ssl.create_default_context()
            if self.ca_bundle is not None:
                _trust(context, self.ca_bundle)
            self._session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=context))
        return self._session

    def _headers(self) -> dict[str, str]:
        try:
            token = self.token if self.token_file is None else self.token_file.read_text().strip()
        except (OSError, UnicodeDecodeError) as error:
            told = getattr(error, "strerror", None) or "it is no text"
            raise StoreFailed(f"has no token: {self.token_file} cannot be read: {told}") from None
        if not token or not token.isascii() or not token.isprintable():
            raise StoreFailed("has no token, or one with characters that no token has")
        headers = {"X-Vault-Token": token, "X-Vault-Request": "true"}
        return headers if self.namespace is None else {**headers, "X-Vault-Namespace": self.namespace}


def _trust(context: ssl.SSLContext, ca_bundle: Path) -> None:
    """Raises StoreFailed."""
    try:
        context.load_verify_locations(ca_bundle)
    except (OSError, ssl.SSLError) as error:
        raise StoreFailed(f"has a ca_bundle that cannot be used: {type(error).__name__}") from None


def _quoted(path: str) -> str:
    return "/".join(quote(part, safe="") for part in path.strip("/").split("/"))


def _data(body: bytes) -> Json | Unreadable:
    """The entries of an answer of the API: `data.data`, null for a deleted version."""
    try:
        outer = orjson.loads(body)["data"]
        data: Json = outer["data"]
        metadata = outer["metadata"]
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return Unreadable("has no secret of a key-value engine of version 2 there")
    if data is None or (isinstance(metadata, Mapping) and metadata.get("destroyed")):
        return Unreadable("has a deleted version there")
    return data


def _picked(reference: SecretReference, data: Json | Unreadable) -> str | Unreadable:
    if isinstance(data, Unreadable):
        return data
    if reference.key is None:
        return Unreadable("has several keys there: write ref+…#/KEY")
    return entry_at(data, reference.key)
