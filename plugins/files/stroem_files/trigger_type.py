"""The type of triggers `files`."""

import asyncio
import datetime
import hashlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, ClassVar, Literal
from urllib.parse import unquote, urlsplit

import attrs

from stroem.conversion.constraints import Range, Seconds
from stroem.definitions.globs import glob_problem
from stroem.definitions.trigger_options import SECRET
from stroem.definitions.values import Json
from stroem.interfaces.triggers.stream_trigger import Batch, Place, StreamTrigger
from stroem.interfaces.triggers.trigger_type import OptionFault
from stroem_files.bucket import CREDENTIALS, Bucket
from stroem_files.cursor import cursor_of
from stroem_files.folder import list_folder
from stroem_files.patterns import Patterns
from stroem_files.selection import Rules, select

FOLDER_SETTLE_SECS = 5
_DAY = 24 * 3600
_HALF_A_MINUTE = Seconds(30)
_REGION = re.compile(r"[a-z0-9-]{1,40}")


@attrs.frozen(kw_only=True)
class FilesTrigger(StreamTrigger):
    """A trigger that fires for new and changed files below a folder of the server, or objects below a `url`.

    `poll` is the time between reads. A file fires once it has rested for `settle`: 5 seconds in a folder, at once
    elsewhere. `existing` says what becomes of files that are there when the trigger is. With `max_batch`, a job gets up
    to so many files, and begins at the latest `max_wait` after the first.
    """

    name: ClassVar[str] = "files"
    facts: ClassVar[frozenset[str]] = frozenset({"file", "files", "count"})
    one_of: ClassVar[tuple[str, ...]] = ("path", "url")
    gives: ClassVar[frozenset[str]] = frozenset({"file", "files"})

    path: str | None = None
    url: str | None = None
    prefix: str = ""
    pattern: str | tuple[str, ...] = "**"
    poll: Annotated[Seconds, Range(at_least=1, at_most=_DAY)] = _HALF_A_MINUTE
    settle: Annotated[Seconds, Range(at_least=0, at_most=_DAY)] | None = None
    existing: Literal["ignore", "fire"] = "ignore"
    max_batch: Annotated[int, Range(at_least=1, at_most=1000)] | None = None
    max_wait: Annotated[Seconds, Range(at_least=1, at_most=7 * _DAY)] | None = None
    region: str | None = None
    endpoint: str | None = None
    credentials: dict[str, str] = attrs.field(factory=dict, metadata=SECRET, repr=False)

    @property
    def poll_secs(self) -> float:
        """Seconds between reads."""
        return self.poll

    async def read(self, cursor: Json, place: Place) -> Batch:
        """The jobs for files that have come since the cursor. Raises `StreamUnreadable`."""
        patterns, folder = Patterns(self._globs), self._folder
        now = datetime.datetime.now(datetime.UTC)
        if folder is not None:
            listing = await asyncio.to_thread(list_folder, folder, patterns, place.folders)
        else:
            listing = await self._bucket.list(patterns, place.endpoints)
        source = hashlib.sha256(f"{folder or self.url}\0{self.prefix}\0{self.endpoint}".encode()).hexdigest()
        settle = self.settle if self.settle is not None else (0 if folder is None else FOLDER_SETTLE_SECS)
        rules = Rules(
            patterns=patterns,
            source=source,
            poll=self.poll,
            settle=settle,
            fires_existing=self.existing == "fire",
            max_batch=self.max_batch,
            max_wait=self.max_wait,
        )
        return await asyncio.to_thread(lambda: select(listing, cursor_of(cursor, source), rules, now))

    def faults(self) -> Iterator[OptionFault]:
        """Faults that the types of the fields do not show."""
        if (self.path is None) == (self.url is None):
            message = "`path` and `url` exclude each other" if self.path else "needs one of `path` and `url`"
            yield OptionFault(path=(), message=message, hint="write `path: /srv/inbox`, or `url: s3://BUCKET`")
        if self._folder is not None and (not Path(self._folder).is_absolute() or ".." in Path(self._folder).parts):
            yield OptionFault(
                path=("path",), message=f"{self._folder!r} is no absolute path", hint="write one like /srv/inbox"
            )
        for glob in self._globs:
            if (problem := glob_problem(glob)) is not None:
                yield OptionFault(path=("pattern",), message=problem, hint="write a glob like **/*.csv")
        if self.max_wait is not None and self.max_batch is None:
            yield OptionFault(path=("max_wait",), message="is for batches", hint="add `max_batch`")
        if self._folder is None and self.url is not None:
            yield from self._bucket_faults(self.url)
        elif self.prefix or self.region or self.endpoint or self.credentials:
            yield OptionFault(
                path=(), message="has keys for object stores, but watches a folder", hint="use `path` alone"
            )

    @property
    def _globs(self) -> tuple[str, ...]:
        return (self.pattern,) if isinstance(self.pattern, str) else self.pattern

    @property
    def _folder(self) -> str | None:
        """The watched folder; None for an object store."""
        parts = urlsplit(self.url or "")
        return unquote(parts.path) if parts.scheme == "file" else self.path

    @property
    def _bucket(self) -> Bucket:
        return Bucket(
            url=self.url or "",
            prefix=self.prefix,
            region=self.region,
            endpoint=self.endpoint,
            credentials=self.credentials,
        )

    def _bucket_faults(self, url: str) -> Iterator[OptionFault]:
        parts = urlsplit(url)
        if parts.scheme not in CREDENTIALS or not parts.hostname or parts.username or parts.query or parts.fragment:
            hint = "write s3://BUCKET/FOLDER, gs://… or az://…; credentials go into `credentials`"
            yield OptionFault(path=("url",), message="is no address of an object store", hint=hint)
            return
        known = CREDENTIALS[parts.scheme]
        for name in sorted(self.credentials.keys() - known):
            message = f"is no credential of {parts.scheme}://"
            yield OptionFault(path=("credentials", name), message=message, hint=f"it has {', '.join(sorted(known))}")
        if self.region is not None and not _REGION.fullmatch(self.region):
            yield OptionFault(path=("region",), message="is no name of a region", hint="write one like eu-north-1")
        if self.endpoint is not None and urlsplit(self.endpoint).scheme not in ("https", "http"):
            yield OptionFault(
                path=("endpoint",), message="is no address", hint="write one like https://minio.example.com"
            )
