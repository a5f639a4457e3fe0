"""Files and objects that were found."""

import datetime
import hashlib

import attrs

from stroem.definitions.values import Json

DIGEST_BYTES = 8
"""Bytes of a digest: of 100,000 versions, two are alike with a probability below one in a billion."""


@attrs.frozen(kw_only=True)
class WatchedFile:
    """A file or an object. `name` is its path below the watched place, `place` its full path or address.

    `changed_at` is the time of its last change of any kind, from which its rest counts; `modified_at` that of its
    content. `version` is what differs between two versions of it.
    """

    name: str
    place: str
    size: int
    modified_at: datetime.datetime
    changed_at: datetime.datetime
    version: str
    etag: str | None = None

    @property
    def digest(self) -> bytes:
        """The digest of this version."""
        return hashlib.sha256(self._text).digest()[:DIGEST_BYTES]

    @property
    def key(self) -> str:
        """The key of this version among the fires of its trigger."""
        return hashlib.sha256(self._text).hexdigest()

    @property
    def json(self) -> dict[str, Json]:
        """The file as inputs of jobs and templates show it."""
        modified = self.modified_at.astimezone(datetime.UTC).isoformat().replace("+00:00", "Z")
        where = "url" if "://" in self.place else "path"
        return {
            "name": self.name,
            where: self.place,
            "size": self.size,
            "modified_at": modified,
            "etag": self.etag,
        }

    @property
    def _text(self) -> bytes:
        return f"{self.place}\0{self.version}".encode()


@attrs.frozen(kw_only=True)
class Listing:
    """The files below a place that match, and the reason for which others could not be read, if any."""

    files: tuple[WatchedFile, ...]
    problem: str | None = None
