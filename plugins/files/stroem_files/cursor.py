"""Cursors: which versions of files were seen."""

import base64
import datetime
from collections.abc import Iterable, Mapping, Sequence

import attrs

from stroem.definitions.values import Json
from stroem_files.watched_file import DIGEST_BYTES

MOST_FILES = 100_000
"""Most files that match the patterns of a trigger at once."""
MOST_SEEN = 125_000
"""Most versions that are remembered: a megabyte. Beyond it, those of files that are gone are forgotten."""


@attrs.frozen(kw_only=True)
class Cursor:
    """The seen versions of a trigger, as digests: those of the files that match `globs` below `source`.

    `since` is the time at which the first file came that waits for others; None if none waits.
    """

    source: str
    globs: tuple[str, ...]
    seen: frozenset[bytes] = frozenset()
    since: datetime.datetime | None = None

    @property
    def json(self) -> Json:
        """The cursor as it is stored."""
        return {
            "source": self.source,
            "globs": list(self.globs),
            "seen": base64.b64encode(b"".join(sorted(self.seen))).decode(),
            "since": None if self.since is None else self.since.isoformat(),
        }

    def seeing(self, digests: Iterable[bytes], present: Iterable[bytes]) -> "Cursor":
        """The cursor after further versions; `present` are those of all files that there are now."""
        seen = self.seen.union(digests)
        if len(seen) > MOST_SEEN:
            seen &= frozenset(present)
        return attrs.evolve(self, seen=seen)


def cursor_of(stored: Json, source: str) -> Cursor | None:
    """The stored cursor; None if there is none, or it is that of another source."""
    if not isinstance(stored, Mapping) or stored.get("source") != source:
        return None
    seen, globs, since = stored.get("seen"), stored.get("globs"), stored.get("since")
    if not isinstance(seen, str) or not isinstance(globs, Sequence) or isinstance(globs, str):
        return None
    try:
        data = base64.b64decode(seen, validate=True)
        at = datetime.datetime.fromisoformat(since) if isinstance(since, str) else None
    except ValueError:
        return None
    digests = frozenset(data[start : start + DIGEST_BYTES] for start in range(0, len(data), DIGEST_BYTES))
    return Cursor(source=source, globs=tuple(map(str, globs)), seen=digests, since=at if at and at.tzinfo else None)
