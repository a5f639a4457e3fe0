"""Addresses of clients behind proxies."""

import asyncio
from unittest.mock import Mock

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request
from multidict import CIMultiDict

from stroem.errors import SettingsError
from stroem.server.http.client_address import TRUSTED_PROXIES, ClientAddress, client_address, proxy_networks
from stroem.settings.loader import server_settings


def address_of(
    peer: str, *forwarded: str, trusted: tuple[str, ...] = ("10.0.0.0/8", "2001:db8:f::/48")
) -> ClientAddress:
    app = web.Application()
    app[TRUSTED_PROXIES] = proxy_networks(trusted)
    transport = Mock(spec=asyncio.Transport)
    transport.get_extra_info.side_effect = lambda name, default=None: (peer, 1) if name == "peername" else default
    headers = [("X-Forwarded-For", text) for text in forwarded]
    return client_address(make_mocked_request("GET", "/", headers=CIMultiDict(headers), app=app, transport=transport))


@pytest.mark.parametrize(
    ("peer", "forwarded", "found"),
    [
        ("192.0.2.1", (), ClientAddress("192.0.2.1")),
        ("192.0.2.1", ("198.51.100.1",), ClientAddress("192.0.2.1")),
        ("10.1.2.3", (), ClientAddress("10.1.2.3", is_proxied=True)),
        ("10.1.2.3", ("198.51.100.1",), ClientAddress("198.51.100.1", is_proxied=True)),
        ("10.1.2.3", ("203.0.113.9, 198.51.100.1, 10.9.9.9",), ClientAddress("198.51.100.1", is_proxied=True)),
        ("10.1.2.3", ("203.0.113.9", "198.51.100.1"), ClientAddress("198.51.100.1", is_proxied=True)),
        ("10.1.2.3", ("203.0.113.9, nonsense",), ClientAddress("10.1.2.3", is_proxied=True)),
        ("10.1.2.3", ("10.0.0.1, 10.0.0.2",), ClientAddress("10.0.0.1", is_proxied=True)),
        ("::ffff:10.1.2.3", ("198.51.100.1:443",), ClientAddress("198.51.100.1", is_proxied=True)),
        ("2001:db8:f::1", ("[2001:db8::7]:443",), ClientAddress("2001:db8::7", is_proxied=True)),
        ("10.1.2.3", ("",), ClientAddress("10.1.2.3", is_proxied=True)),
    ],
)
def test_the_last_address_that_is_no_trusted_proxy(peer: str, forwarded: tuple[str, ...], found: ClientAddress) -> None:
    assert address_of(peer, *forwarded) == found


def test_without_trusted_proxies_nobody_names_another_address() -> None:
    assert address_of("10.1.2.3", "198.51.100.1", trusted=()) == ClientAddress("10.1.2.3")


def test_the_setting_has_addresses_and_networks() -> None:
    settings = {
        "listen": "127.0.0.1:0",
        "db": {"url": "postgresql://x"},
        "worker_token": "x" * 32,
        "log_storage": {"local_dir": "data"},
    }
    assert server_settings({**settings, "trusted_proxies": ["10.0.0.7", "2001:db8::/32"]}, {}).trusted_proxies
    with pytest.raises(SettingsError, match=r"trusted_proxies\[1\]"):
        server_settings({**settings, "trusted_proxies": ["10.0.0.7", "proxy.example.org"]}, {})
