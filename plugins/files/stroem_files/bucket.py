"""Objects below the address of an object store."""

import datetime
import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

import attrs
import obstore
import orjson
from obstore.exceptions import BaseError, PermissionDeniedError, UnauthenticatedError
from obstore.store import AzureStore, GCSStore, ObjectStore, S3Store

from stroem.interfaces.triggers.stream_trigger import StreamUnreadable
from stroem_files.patterns import Patterns
from stroem_files.watched_file import Listing, WatchedFile

CREDENTIALS: Mapping[str, frozenset[str]] = {
    "s3": frozenset({"access_key_id", "secret_access_key", "session_token"}),
    "gs": frozenset({"service_account_key"}),
    "az": frozenset({"account_name", "account_key", "sas_key"}),
}
"""The credentials of each kind of object store, by the scheme of its addresses."""
MOST_OBJECTS = 1_000_000
"""Most objects below one address, whether they match or not."""
_CHUNK = 1000
_ACCOUNT_KEYS = ("type", "private_key", "private_key_id", "client_email")
_ACCOUNT_NAME = re.compile(r"[a-z0-9]{3,24}")
_STATUS = re.compile(r"status code: ([0-9]{3})")
_TIMEOUT = datetime.timedelta(seconds=20)
_RETRIES: Any = {"max_retries": 2, "retry_timeout": datetime.timedelta(seconds=30)}


@attrs.frozen(kw_only=True)
class Bucket:
    """A place in an object store. Without credentials it is read as anybody may; never with those of the server."""

    url: str
    prefix: str
    region: str | None
    endpoint: str | None
    credentials: Mapping[str, str] = attrs.field(repr=False)

    async def list(self, patterns: Patterns, endpoints: Sequence[str]) -> Listing:
        """The objects that match. Raises StreamUnreadable."""
        if self.endpoint is not None and self.endpoint not in endpoints:
            raise StreamUnreadable(
                f"The server does not allow triggers to read {self.endpoint}: list it under "
                "`triggers.endpoints` in its settings"
            )
        files: list[WatchedFile] = []
        count = 0
        try:
            async for chunk in obstore.list(self._store(), self.prefix or None, chunk_size=_CHUNK):
                files += (self._file(one) for one in chunk if patterns.match(one["path"]))
                if (count := count + len(chunk)) > MOST_OBJECTS:
                    raise StreamUnreadable(
                        f"There are more than {MOST_OBJECTS:,} objects below {self.url}: give a longer `prefix`"
                    )
        except (BaseError, OSError, ValueError) as error:
            raise StreamUnreadable(f"The objects below {self.url} cannot be listed: {_reason(error)}") from None
        return Listing(files=tuple(files))

    def _store(self) -> ObjectStore:
        options: Any = {"allow_http": (self.endpoint or "").startswith("http:"), "timeout": _TIMEOUT}
        make = {"s3": self._s3, "gs": self._gs, "az": self._az}[urlsplit(self.url).scheme]
        return make({"client_options": options, "retry_config": _RETRIES})

    def _s3(self, options: Mapping[str, Any]) -> ObjectStore:
        region = self.region or "us-east-1"
        endpoint = self.endpoint or f"https://s3.{region}.amazonaws.com"
        config: Any = {"region": region, "endpoint": endpoint}
        if not self.credentials:
            return S3Store.from_url(self.url, config=config | {"skip_signature": True}, **options)
        key, secret = self._both("access_key_id", "secret_access_key")
        found = {"access_key_id": key, "secret_access_key": secret, "token": self.credentials.get("session_token")}
        provider: Any = lambda: {**found, "expires_at": None}  # noqa: E731 (named for its type)
        return S3Store.from_url(self.url, config=config, credential_provider=provider, **options)

    def _gs(self, options: Mapping[str, Any]) -> ObjectStore:
        config: Any = {"base_url": self.endpoint} if self.endpoint else {}
        if not self.credentials:
            return GCSStore.from_url(self.url, config=config | {"skip_signature": True}, **options)
        key = _account_key(self.credentials.get("service_account_key", ""))
        return GCSStore.from_url(self.url, config=config | {"service_account_key": key}, **options)

    def _az(self, options: Mapping[str, Any]) -> ObjectStore:
        account = self.credentials.get("account_name", "")
        if not _ACCOUNT_NAME.fullmatch(account):
            raise ValueError("`account_name` in `credentials` is no name of an account")
        config: Any = {"account_name": account} | ({"endpoint": self.endpoint} if self.endpoint else {})
        if key := self.credentials.get("account_key"):
            found = {"access_key": key}
        elif token := self.credentials.get("sas_key"):
            found = {"sas_token": token}
        else:
            return AzureStore.from_url(self.url, config=config | {"skip_signature": True}, **options)
        provider: Any = lambda: {**found, "expires_at": None}  # noqa: E731 (named for its type)
        return AzureStore.from_url(self.url, config=config, credential_provider=provider, **options)

    def _both(self, first: str, second: str) -> tuple[str, str]:
        """Two credentials, neither of which is of use alone. Raises ValueError."""
        if not (self.credentials.get(first) and self.credentials.get(second)):
            raise ValueError(f"`credentials` need both `{first}` and `{second}`")
        return self.credentials[first], self.credentials[second]

    def _file(self, found: Any) -> WatchedFile:
        name, modified = str(found["path"]), found["last_modified"]
        return WatchedFile(
            name=name,
            place=f"{self.url.rstrip('/')}/{name}",
            size=int(found["size"]),
            modified_at=modified,
            changed_at=modified,
            version=f"{found.get('e_tag')} {found.get('version')} {found['size']} {modified.isoformat()}",
            etag=found.get("e_tag"),
        )


def _account_key(text: str) -> str:
    """The key of a service account without addresses in it, which would tell the server whom to ask."""
    try:
        found = orjson.loads(text)
        return orjson.dumps({key: found[key] for key in _ACCOUNT_KEYS if key in found}).decode()
    except (ValueError, TypeError):
        raise ValueError("`service_account_key` is not the JSON text of a key") from None


def _reason(error: Exception) -> str:
    """The reason without what a store has answered, which may repeat credentials."""
    if type(error) is ValueError:
        return str(error)
    found = _STATUS.search(str(error))
    status = int(found[1]) if found else 0
    if status in (401, 403) or isinstance(error, UnauthenticatedError | PermissionDeniedError):
        return "access is denied; check `credentials`"
    if status == 404 or isinstance(error, FileNotFoundError):
        return "there is no such bucket"
    if status:
        return f"the store answers {status}; check the address, `region` and `credentials`"
    return "the store does not answer; check the address and `region`"
