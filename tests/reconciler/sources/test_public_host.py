"""Hosts that only the operator may have the server reach."""

import pytest

from stroem.interfaces.source import SourceUnavailable
from stroem.reconciler.sources.public_host import check_public, host_to_check

DEFAULT = ("https://*", "ssh://*", "git@*")


NOT_PUBLIC = (
    "localhost 127.0.0.1 127.1 2130706433 0x7f.1 0.0.0.0 10.1.2.3 172.16.0.1 192.168.1.1 169.254.169.254 100.64.0.1 "
    "::1 :: fe80::1 fd00::1 ::ffff:127.0.0.1 64:ff9b::7f00:1 2002:7f00:1:: 224.0.0.1"
)


@pytest.mark.parametrize("host", NOT_PUBLIC.split())
async def test_what_is_not_public(host: str) -> None:
    with pytest.raises(SourceUnavailable, match="library_urls in the server's settings does not name this host"):
        await check_public(host)


@pytest.mark.parametrize("host", ["8.8.8.8", "2001:4860:4860::8888", "64:ff9b::808:808"])
async def test_what_is_public(host: str) -> None:
    await check_public(host)


@pytest.mark.parametrize(
    ("url", "patterns", "host"),
    [
        ("https://git.example.org/a", DEFAULT, "git.example.org"),
        ("https://u:p@127.0.0.1:8443/a", DEFAULT, "127.0.0.1"),
        ("https://[::1]:8443/a", DEFAULT, "::1"),
        ("ssh://git@localhost:22/a", DEFAULT, "localhost"),
        ("git@10.0.0.1:a/b", DEFAULT, "10.0.0.1"),
        ("git@10.0.0.1:a/b", ("git@10.0.0.1:*",), None),
        ("https://localhost:8443/a", ("https://localhost:*",), None),
        ("https://localhost:8443/a", ("https://local*",), "localhost"),
        ("https://localhost:8443/a", ("*",), "localhost"),
        ("file:///srv/a", ("*",), None),
        ("/srv/a", ("*",), None),
    ],
)
def test_the_host_of_an_address(url: str, patterns: tuple[str, ...], host: str | None) -> None:
    assert host_to_check(url, patterns) == host


@pytest.mark.parametrize("url", ["https://a@b@127.0.0.1/x", "https://a\\@127.0.0.1/x", "https://a b/x", "https:///x"])
def test_addresses_that_can_be_read_in_several_ways(url: str) -> None:
    with pytest.raises(ValueError, match="https"):
        host_to_check(url, DEFAULT)
