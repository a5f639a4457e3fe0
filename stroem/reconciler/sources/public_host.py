"""Addresses that operators allow for libraries: patterns, and hosts that must be public."""

import asyncio
import fnmatch
import ipaddress
import re
import socket
import urllib.parse
from collections.abc import Iterable

from stroem.interfaces.source import SourceUnavailable

_PARTS = re.compile(r"(?:(?P<scheme>[^:/]+)://)?(?P<host>[^/:]*)(?P<rest>.*)", re.DOTALL)
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_SCP = re.compile(r"(?:[^@/:\s\\]+@)?(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+):.*", re.DOTALL)
_AUTHORITY = re.compile(r"(?:[^@/\s\\]*@)?(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::[0-9]*)?")


def matches(address: str, pattern: str) -> bool:
    """Whether an address fits a pattern with `*`.

    Scheme, host and path are compared apart, so that a `*` in the host cannot reach into the path:
    `https://*.example.org/*` does not fit `https://evil.net/x.example.org/`. A lone `*` fits everything, and the
    path at the end of `https://*` and `git@*` may be left out.
    """
    if pattern == "*":
        return True
    if ".." in urllib.parse.unquote(address).split("/"):
        return False
    found, wanted = _PARTS.fullmatch(address), _PARTS.fullmatch(pattern)
    if found is None or wanted is None or (found["scheme"] or "").lower() != (wanted["scheme"] or "").lower():
        return False
    host, rest = wanted["host"].lower(), wanted["rest"]
    if host.endswith("*") and not rest:
        rest = "*"
    return fnmatch.fnmatchcase(found["host"].lower(), host) and fnmatch.fnmatchcase(found["rest"], rest)


def names_host(address: str, pattern: str) -> bool:
    """Whether an address fits a pattern that writes out its host."""
    wanted = _PARTS.fullmatch(pattern)
    host = wanted["host"].rpartition("@")[2] if wanted else ""
    return bool(host) and not set("*?[") & set(host) and matches(address, pattern)


def host_to_check(url: str, patterns: Iterable[str]) -> str | None:
    """The host of a library's address that must be public.

    None when a pattern names it without `*`, or the address has no host. Raises `ValueError` for an address that
    programs may read in several ways.
    """
    if any(names_host(url, pattern) for pattern in patterns):
        return None
    scheme, found, _ = url.partition("://")
    if found:
        if scheme.lower() == "file":
            return None
        authority = _AUTHORITY.fullmatch(urllib.parse.urlsplit(url).netloc)
    else:
        authority = _SCP.fullmatch(url)
        if authority is None and "@" not in url and ":" not in url:
            return None
    if authority is None or "\\" in url:
        raise ValueError(url)
    return authority[1].strip("[]")


async def check_public(host: str) -> None:
    """Raises `SourceUnavailable` for a host with an address that is not public. Sends nothing to the host."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return  # the connection will not resolve it either, or goes through a proxy
    if not all(_is_public(str(address[0])) for *_, address in found):
        raise SourceUnavailable(
            f"{host} is not a public address, and library_urls in the server's settings does not name this host"
        )


def _is_public(text: str) -> bool:
    address = ipaddress.ip_address(text.partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if inner is None and address in _NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return _is_public(str(inner))
    return address.is_global and not address.is_multicast
