"""Hosts and origins of the web, in one normal form each."""

import ipaddress
import re
from urllib.parse import urlsplit

import attrs

_AUTHORITY = re.compile(r"(?:([a-z0-9_][a-z0-9_.-]{0,252})|\[([0-9a-f:.]{2,45})\])(?::([0-9]{0,5}))?", re.ASCII)
_URL = re.compile(r"([a-z][a-z0-9+.-]*)://([^/?#]*)(?:[/?#].*)?", re.ASCII | re.DOTALL)
_PORTS = {"http": 80, "https": 443}


@attrs.frozen
class Authority:
    """A host with its port, None when none is written. `host` is lower-case, without brackets or a final dot."""

    host: str
    port: int | None = None

    @property
    def is_loopback(self) -> bool:
        """Whether `host` is `localhost` or an address of this machine's loopback."""
        address = _address(self.host)
        return self.host == "localhost" if address is None else address.is_loopback


@attrs.frozen
class Origin:
    """Scheme, host and port of a web page; the port is None for a scheme that has no usual one."""

    scheme: str
    host: str
    port: int | None

    @classmethod
    def parse(cls, url: str) -> "Origin | None":
        """The origin of an absolute URL; None for `null` and other texts."""
        found = _URL.fullmatch(url.strip().lower())
        authority = parse_authority(found[2]) if found else None
        if found is None or authority is None:
            return None
        return cls(found[1], authority.host, authority.port or _PORTS.get(found[1]))

    def is_at(self, authority: Authority) -> bool:
        """Whether a page of this origin is on the server at `authority`."""
        return self.host == authority.host and self.port == (authority.port or _PORTS.get(self.scheme))


def parse_authority(text: str) -> Authority | None:
    """The host and port in a `Host` header or an address; None for userinfo, spaces, and what is no host."""
    found = _AUTHORITY.fullmatch(text.strip().lower()) if text.isascii() else None
    if found is None or int(found[3] or 0) > 65535:
        return None
    name, bracketed, port = found.groups()
    host = name.removesuffix(".") if name else bracketed
    if bracketed:
        address = _address(bracketed)
        if not isinstance(address, ipaddress.IPv6Address):
            return None
        host = address.compressed
    return Authority(host, int(port) if port else None)


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def is_server_address(url: str) -> bool:
    """Whether a text is the address of a server: http or https, a host, and a port that there can be."""
    try:
        parts = urlsplit(url)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:  # brackets that do not match, a port beyond 65535
        return False
