"""Volumes as the options of actions name them."""

import re

import attrs

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")


@attrs.frozen(kw_only=True)
class Volume:
    """A folder of the host or a named volume, and the folder in the container."""

    source: str
    target: str
    is_read_only: bool


def volume_of(text: str) -> Volume:
    """The volume of `SOURCE:TARGET[:ro]`. Raises `ValueError`."""
    source, _, rest = text.partition(":")
    target, _, mode = rest.partition(":")
    is_source = source.startswith("/") or _NAME.fullmatch(source)
    if not is_source or not target.startswith("/") or mode not in ("", "ro", "rw"):
        raise ValueError(
            f"the volume {text!r} is not SOURCE:TARGET or SOURCE:TARGET:ro, where SOURCE is an absolute path "
            "or the name of a volume, and TARGET an absolute path"
        )
    return Volume(source=source, target=target, is_read_only=mode == "ro")
