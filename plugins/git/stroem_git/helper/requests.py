"""What the server asks of a helper process."""

from typing import Any

import attrs

from stroem_git.auth import GitAuth


@attrs.frozen(kw_only=True)
class Target:
    """A repository, how to get at it, and the folder of its local clone. `place` is its host for people, or
    its folder."""

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
class FetchOrder:
    """The files below `path` at `ref`, or only what differs from the commit `base`. The limits are those of
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
class ReadOrder:
    """The contents of files below `path` in a commit, each by its path and the digest that it must have."""

    target: Target
    revision: str
    path: str
    files: tuple[tuple[str, str], ...]


Order = FetchOrder | ReadOrder

_KINDS = {"fetch": FetchOrder, "read": ReadOrder}


def order_to_dict(order: Order) -> dict[str, Any]:
    """Plain data for a frame."""
    kind = next(name for name, cls in _KINDS.items() if isinstance(order, cls))
    return {"order": kind, **attrs.asdict(order)}


def order_from_dict(data: dict[str, Any]) -> Order:
    """The order that a frame holds."""
    given = dict(data)
    kind = _KINDS[given.pop("order")]
    target = dict(given.pop("target"))
    auth = target.pop("auth")
    if auth:
        auth["command"] = tuple(auth["command"])
    found: Order = kind(target=Target(auth=GitAuth(**auth) if auth else None, **target), **given)
    return found
