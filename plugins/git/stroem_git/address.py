"""Addresses of repositories: parsing, and comparison of equivalent ones."""

import re
import urllib.parse
from pathlib import Path
from typing import Literal

import attrs

from stroem.forges.git_hosts import canonical_host

_SCP = re.compile(r"(?:(?P<user>[^@/:\s]+)@)?(?P<host>\[[^\]/]+\]|[^:/@\s\[\]]+):(?P<path>(?!//)[^\s]+)")
_SCHEMES = {"http": "http", "https": "https", "ssh": "ssh", "git+ssh": "ssh", "ssh+git": "ssh", "file": "file"}
_UNPRINTABLE = re.compile(r"[\x00-\x20\x7f\\]")


@attrs.frozen(kw_only=True)
class Address:
    """`url` is what git is given, without credentials; `path` is that on the host, or on this machine."""

    scheme: Literal["file", "http", "https", "ssh"]
    url: str
    path: str
    host: str = ""
    port: int | None = None
    user: str | None = None

    @property
    def key(self) -> str:
        """A key equal for all addresses of one repository, independent of protocol, port, alias and case."""
        path = self.path.strip("/").removeprefix("~/").removesuffix(".git").rstrip("/")
        return f"{canonical_host(self.host)}/{path}".casefold()

    @property
    def place(self) -> str:
        """The host for people, with its port."""
        return f"{self.host}:{self.port}" if self.port else self.host


def parse_address(url: str) -> Address:
    """Parses an address. Raises ValueError with advice, without the address: it may hold a password."""
    if not url:
        raise ValueError("it is empty")
    if "://" not in url:
        found = _SCP.fullmatch(url)
        if found is not None and not url.startswith(("/", "./", "../", "~")):
            return _scp(url, found)
        return _local(url)
    try:
        parts = urllib.parse.urlsplit(url)
        port = parts.port
    except ValueError:
        raise ValueError("the host or the port in it is malformed") from None
    scheme = _SCHEMES.get(parts.scheme.lower())
    if scheme is None:
        raise ValueError(f"{parts.scheme}:// is not supported. Use https://, ssh://, file:// or git@host:path")
    if scheme == "file":
        if parts.hostname not in (None, "localhost"):
            raise ValueError("file:// names no host: write file:///path")
        return _local(urllib.parse.unquote(parts.path))
    return _remote(url, parts, port, scheme)


def _remote(url: str, parts: urllib.parse.SplitResult, port: int | None, scheme: str) -> Address:
    if _UNPRINTABLE.search(url):
        raise ValueError("it has spaces, control characters or a `\\` in it")
    if parts.password is not None or (parts.username is not None and scheme != "ssh"):
        raise ValueError("it must not hold a user name or a password. Set them under `auth`")
    if not parts.hostname:
        raise ValueError("it names no host")
    if parts.query or parts.fragment:
        raise ValueError("it has a `?` or a `#` in it, which addresses of repositories have not")
    if scheme == "ssh":
        url = "ssh://" + url.partition("://")[2]
    return Address(
        scheme=scheme,  # type: ignore[arg-type]
        url=url,
        path=urllib.parse.unquote(parts.path),
        host=parts.hostname.lower(),
        port=port,
        user=parts.username,
    )


def _scp(url: str, found: re.Match[str]) -> Address:
    host = found["host"].strip("[]").lower()
    return Address(scheme="ssh", url=url, path=found["path"], host=host, user=found["user"])


def _local(path: str) -> Address:
    if "\0" in path:
        raise ValueError("it has a zero byte in it")
    absolute = str(Path(path).expanduser().absolute())
    return Address(scheme="file", url=absolute, path=absolute)


def shown(url: str) -> str:
    """The address for display, without anything like credentials."""
    scheme, separator, rest = url.partition("://")
    if not separator:
        return url
    host, slash, path = rest.partition("/")
    if scheme.lower().endswith("ssh"):
        user, at, name = host.rpartition("@")
        return f"{scheme}://{user.partition(':')[0]}{at}{name}{slash}{path}"
    return f"{scheme}://{host.rpartition('@')[2]}{slash}{path}"


def same_repository(address: Address, url: str) -> bool:
    """Whether another address may mean the repository."""
    scheme, separator, rest = url.partition("://")
    host, slash, path = rest.partition("/")
    plain = f"{scheme}://{host.rpartition('@')[2]}{slash}{path}" if separator else url
    try:
        return parse_address(plain).key == address.key
    except ValueError:
        return False
