"""Hosts that a workspace's author may have the server reach."""

import asyncio
import ipaddress
import re
import socket
import urllib.parse
from collections.abc import Iterable

from stroem.interfaces.source import SourceUnavailable
from stroem.reconciler.sources.address_pattern import names_host

_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_SCP = re.compile(r"(?:[^@/:\s\\]+@)?(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+):.*", re.DOTALL)
_AUTHORITY = re.compile(r"(?:[^@/\s\\]*@)?(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::[0-9]*)?")


def host_to_check(url: str, patterns: Iterable[str]) -> str | None:
    """The host of a library's address that must be public; None when a pattern names it without `*`, or the address has
    no host. Raises `ValueError` for an address that programs may read in several ways.
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
    """Raises `SourceUnavailable` when the host has an address that is not public, before anything is sent there."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return  # whoever connects cannot resolve it either, or goes through a proxy
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
