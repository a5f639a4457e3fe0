"""Requests of the server to a helper process."""

from typing import Any

import attrs

from stroem_git.auth import GitAuth


@attrs.frozen(kw_only=True)
class Target:
    """A repository with access options and the folder of its local clone. `place` is its host or folder, to show."""

    scheme: str
    url: str
    host: str
    port: int | None
    place: str
    user: str | None
    auth: GitAuth | None
    insecure: bool
    depth: int
    timeout_secs: float
    clone: str
    download_bytes: int


@attrs.frozen(kw_only=True)
class FetchRequest:
    """Files below `path` at `ref`, or the differences from the commit `base`. The limits are those of
    `FetchLimits`; `base_bytes` and `base_files` say how much the base has already. With `trusted_keys`, or a file of
    them, the commit must be signed by one of those.
    """

    target: Target
    ref: str
    path: str
    base: str | None
    base_files: int
    base_bytes: int
    files: int
    file_bytes: int
    total_bytes: int
    trusted_keys: tuple[str, ...] = ()
    trusted_keys_file: str | None = None


@attrs.frozen(kw_only=True)
class ReadRequest:
    """Contents of files below `path` in a commit, each checked against its digest."""

    target: Target
    revision: str
    path: str
    files: tuple[tuple[str, str], ...]


Request = FetchRequest | ReadRequest

_KINDS = {"fetch": FetchRequest, "read": ReadRequest}


def request_to_dict(request: Request) -> dict[str, Any]:
    """Plain data for a frame."""
    kind = next(name for name, cls in _KINDS.items() if isinstance(request, cls))
    return {"request": kind, **attrs.asdict(request)}


def request_from_dict(data: dict[str, Any]) -> Request:
    """The request in a frame."""
    given = dict(data)
    kind = _KINDS[given.pop("request")]
    target = dict(given.pop("target"))
    auth = target.pop("auth")
    if auth:
        auth["command"] = tuple(auth["command"])
    found: Request = kind(target=Target(auth=GitAuth(**auth) if auth else None, **target), **given)
    return found
