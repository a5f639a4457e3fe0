"""Addresses of clients, also behind trusted proxies."""

import ipaddress
from collections.abc import Sequence

import attrs
from aiohttp import web

from stroem.conversion.network import Network, is_in

TRUSTED_PROXIES = web.AppKey("trusted_proxies", tuple[Network, ...])
_FORWARDED_FOR = "X-Forwarded-For"
_MOST_PROXIES = 32


@attrs.frozen
class ClientAddress:
    """The address of a client; `is_proxied` if a trusted proxy has named it."""

    text: str
    is_proxied: bool = False


def proxy_networks(proxies: Sequence[str]) -> tuple[Network, ...]:
    """The networks of the setting `trusted_proxies`."""
    return tuple(ipaddress.ip_network(text, strict=False) for text in proxies)


def client_address(request: web.Request) -> ClientAddress:
    """The address of a client: the last one that no trusted proxy has, of those in X-Forwarded-For and the socket's."""
    peer = request.remote or ""
    networks = request.app[TRUSTED_PROXIES]
    if not (networks and is_in(peer, networks)):
        return ClientAddress(peer)
    named = ",".join(request.headers.getall(_FORWARDED_FOR, [])).split(",")[-_MOST_PROXIES:]
    for address in map(_without_port, reversed(named)):
        if not _is_address(address):
            break
        peer = address
        if not is_in(address, networks):
            break
    return ClientAddress(peer, is_proxied=True)


def _without_port(text: str) -> str:
    """The address in `192.0.2.1:443` or `[2001:db8::1]:443`."""
    text = text.strip()
    if text.startswith("["):
        return text[1:].partition("]")[0]
    return text.partition(":")[0] if text.count(":") == 1 else text


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
