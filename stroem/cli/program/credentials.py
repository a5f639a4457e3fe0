"""API keys that `stroem login` has left, by address of the server, in a file for the user alone."""

import json
import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from stroem.cli.output.errors import Failure
from stroem.files.private import private_folder


class Credential(NamedTuple):
    """An API key, and whose it is."""

    token: str
    email: str


def credential_for(url: str) -> Credential | None:
    """The API key for the server at an address; None without one."""
    found = _read().get(url)
    return Credential(found["token"], found["email"]) if found else None


def keep_credential(url: str, credential: Credential | None) -> Path:
    """Keeps the API key for a server, or none any more; returns the file. Raises `Failure`."""
    path, kept = _path(), {one: value for one, value in _read().items() if one != url}
    if credential is not None:
        kept[url] = credential._asdict()
    draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    try:
        private_folder(path.parent)
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            json.dump({"servers": kept}, file, indent=2)
        draft.replace(path)
    except OSError as error:
        raise Failure(f"{path} cannot be written: {error.strerror or error}") from None
    return path


def _path() -> Path:
    base = os.environ.get("XDG_CONFIG_HOME") or os.path.expanduser("~/.config")  # noqa: PTH111 (pathlib's raises)
    return Path(base) / "stroem" / "credentials.json"


def _read() -> Mapping[str, Mapping[str, str]]:
    """The keys by address; none if the file is not there. Raises `Failure` for a file that cannot be read."""
    path = _path()
    try:
        found = json.loads(path.read_bytes())["servers"]
        return {str(url): {"token": str(one["token"]), "email": str(one["email"])} for url, one in found.items()}
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise Failure(f"{path} cannot be read: {error.strerror or error}") from None
    except (ValueError, LookupError, TypeError, AttributeError):
        raise Failure(f"{path} is damaged: delete it, and sign in again with `stroem login`") from None
