"""Lookups in known_hosts, for messages; libssh2 decides by itself."""

import base64
import hashlib
import hmac
import re
from pathlib import Path

_PLAIN_HOST = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]*")
_KINDS = ("ssh-", "ecdsa-", "sk-")


def is_text(known_hosts: str) -> bool:
    """Whether it is the text of such a file, rather than its name."""
    return any(_fields(line) for line in known_hosts.splitlines())


def advice(host: str, port: int | None) -> str:
    """Advice for an unknown host key; with a shell command only for hosts with plain names."""
    option = f"-p {port} " if port else ""
    plain = _PLAIN_HOST.fullmatch(host) is not None
    shown = f"what `ssh-keyscan {option}{host}` prints" if plain else "the key that the host shows"
    return f"Compare {shown} with what the host publishes, and put it into `known_hosts`"


def has_entries(file: Path) -> bool:
    """Whether any host key is known."""
    return any(_fields(line) for line in _lines(file))


def knows(file: Path, host: str, port: int | None) -> bool:
    """Whether the file has a key for the host."""
    name = host if port in (None, 22) else f"[{host}]:{port}"
    return any(_matches(found[0], name) for line in _lines(file) if (found := _fields(line)))


def _lines(file: Path) -> list[str]:
    try:
        return file.read_text(errors="replace").splitlines()
    except OSError:
        return []


def _fields(line: str) -> list[str] | None:
    fields = line.split()
    is_entry = len(fields) >= 3 and not fields[0].startswith(("#", "@")) and fields[1].startswith(_KINDS)
    return fields if is_entry else None


def _matches(field: str, name: str) -> bool:
    if field.startswith("|1|"):
        _, _, salt, digest = [*field.split("|"), "", "", ""][:4]
        try:
            made = hmac.new(base64.b64decode(salt), name.encode(), hashlib.sha1).digest()
            return hmac.compare_digest(made, base64.b64decode(digest))
        except ValueError:
            return False
    return name in field.split(",")
