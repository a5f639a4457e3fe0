"""Patterns of addresses, as operators allow them."""

import fnmatch
import re
import urllib.parse

_PARTS = re.compile(r"(?:(?P<scheme>[^:/]+)://)?(?P<host>[^/:]*)(?P<rest>.*)", re.DOTALL)


def matches(address: str, pattern: str) -> bool:
    """Whether an address fits a pattern with `*`. Scheme, host and path are compared apart, so that a `*` in the host
    cannot reach into the path: `https://*.example.org/*` does not fit `https://evil.net/x.example.org/`. A lone `*`
    fits everything, and what stands for the path at the end of `https://*` and `git@*` may be left out.
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
