"""Addresses that operators allow, and those that only look like them."""

import pytest

from stroem.reconciler.sources.public_host import matches


@pytest.mark.parametrize(
    ("address", "pattern", "fits"),
    [
        ("https://git.example.org/a/b.git", "https://*", True),
        ("https://git.example.org/a/b.git", "https://*.example.org/*", True),
        ("https://GIT.example.org/a", "https://git.example.org/*", True),
        ("https://evil.net/x.example.org/y", "https://*.example.org/*", False),
        ("https://git.example.org.evil.net/a", "https://git.example.org/*", False),
        ("https://git.example.org@evil.net/a", "https://git.example.org/*", False),
        ("https://git.example.org/a/../../secret", "https://git.example.org/a/*", False),
        ("https://git.example.org/a/%2e%2E/secret", "https://git.example.org/a/*", False),
        ("https://git.example.org/a/..%2fsecret", "https://git.example.org/a/*", False),
        ("http://git.example.org/a", "https://*", False),
        ("git@github.com:acme/lib.git", "git@*", True),
        ("git@github.com:acme/lib.git", "git@github.com:acme/*", True),
        ("git@evil.net:acme/lib.git", "git@github.com:acme/*", False),
        ("ssh://git@host/x", "ssh://*", True),
        ("file:///srv/libs/x", "file:///srv/libs/*", True),
        ("file:///srv/other/x", "file:///srv/libs/*", False),
        ("file:///etc", "https://*", False),
        ("anything", "*", True),
    ],
)
def test_what_fits(address: str, pattern: str, fits: bool) -> None:
    assert matches(address, pattern) is fits
