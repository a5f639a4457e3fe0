"""Validation of the server's own hosts and origins."""

import ipaddress
from collections.abc import Iterator, Sequence

from stroem.conversion.web_address import Origin, parse_authority
from stroem.errors import FieldError


def address_mistakes(public_url: str | None, hosts: Sequence[str], origins: Sequence[str]) -> Iterator[FieldError]:
    """Mistakes of `public_url`, `allowed_hosts` and `allowed_origins`."""
    if public_url is not None and not _is_web_address(public_url):
        yield FieldError(field="public_url", message="expected an address like https://stroem.example.org")
    for index, host in enumerate(hosts):
        authority = parse_authority(host.removeprefix("*."))
        if host != "*" and (authority is None or authority.port is not None):
            message = "expected a host without a port, like stroem.example.org, or `*.example.org`, or `*` for any"
            yield FieldError(field=f"allowed_hosts[{index}]", message=message)
    for index, origin in enumerate(origins):
        if Origin.parse(origin) is None or origin.rstrip("/").count("/") != 2:
            message = "expected an origin, like https://ui.example.org or http://localhost:5173"
            yield FieldError(field=f"allowed_origins[{index}]", message=message)


def proxy_mistakes(proxies: Sequence[str]) -> Iterator[FieldError]:
    """Mistakes of `trusted_proxies`."""
    for index, text in enumerate(proxies):
        try:
            ipaddress.ip_network(text, strict=False)
        except ValueError:
            message = "expected an address or a network, like 10.0.0.7 or 10.0.0.0/8"
            yield FieldError(field=f"trusted_proxies[{index}]", message=message)


def _is_web_address(url: str) -> bool:
    origin = Origin.parse(url)
    return origin is not None and origin.scheme in ("http", "https")
