"""Hosts and origins in one normal form."""

import pytest

from stroem.conversion.web_address import Authority, Origin, parse_authority


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("localhost", "localhost", None),
        ("LOCALHOST:8080", "localhost", 8080),
        ("localhost.:8080", "localhost", 8080),
        ("127.0.0.1:80", "127.0.0.1", 80),
        ("[::1]:8080", "::1", 8080),
        ("[0:0:0:0:0:0:0:1]", "::1", None),
        ("stroem_1.example.org:", "stroem_1.example.org", None),
    ],
)
def test_hosts(text: str, host: str, port: int | None) -> None:
    assert parse_authority(text) == Authority(host, port)


@pytest.mark.parametrize(
    "text",
    [
        "",
        ".",
        "user@localhost",
        "localhost:8080@evil.example",
        "local host",
        "localhost/",
        "localhost#",
        "[::1",
        "::1",
        "[localhost]",
        "[127.0.0.1]",
        "localhost:99999",
        "localhost:-1",
        "localhost,evil",
        "\u212a",
        "*",
    ],
)
def test_what_is_no_host(text: str) -> None:
    assert parse_authority(text) is None


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.255.0.9", "::1"])
def test_loopback_names(host: str) -> None:
    assert Authority(host).is_loopback


@pytest.mark.parametrize("host", ["localhost.evil.example", "128.0.0.1", "127.0.0.1.evil.example", "::2", "127.1"])
def test_names_that_only_look_like_loopback(host: str) -> None:
    assert not Authority(host).is_loopback


@pytest.mark.parametrize(
    ("origin", "host", "same"),
    [
        ("http://localhost:8080", "localhost:8080", True),
        ("HTTP://LocalHost:8080", "localhost:8080", True),
        ("https://stroem.example.org", "stroem.example.org", True),
        ("https://stroem.example.org:443", "stroem.example.org", True),
        ("http://stroem.example.org", "stroem.example.org:80", True),
        ("http://[::1]:8080", "[::1]:8080", True),
        ("http://localhost:3000", "localhost:8080", False),
        ("http://localhost", "localhost:8080", False),
        ("http://127.0.0.1:8080", "localhost:8080", False),
        ("http://localhost:8080.evil.example", "localhost:8080", False),
    ],
)
def test_pages_of_a_host(origin: str, host: str, same: bool) -> None:
    page, authority = Origin.parse(origin), parse_authority(host)
    assert authority is not None
    assert (page is not None and page.is_at(authority)) is same


@pytest.mark.parametrize(
    "text", ["null", "", "localhost", "http://", "http://a b", "http://u@localhost", "//localhost"]
)
def test_what_is_no_origin(text: str) -> None:
    assert Origin.parse(text) is None
