"""Triggers that watch files."""

from typing import ClassVar

import attrs

from stroem.interfaces.triggers.stream_trigger import StreamTrigger


@attrs.frozen(kw_only=True)
class Files(StreamTrigger):
    """A trigger that watches files."""

    name: ClassVar[str] = "files"
    gives: ClassVar[frozenset[str]] = frozenset({"files"})

    path: str
