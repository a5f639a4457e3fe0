"""The contents of files: into the blob store, and back."""

import asyncio
import itertools
from collections.abc import Callable, Iterable, Mapping, MutableMapping, Sequence

import attrs

from stroem.blobs.blob_store import BlobStore
from stroem.dialects.installed import InstalledDialects
from stroem.dialects.size_budget import Allowance, OverAllowance, crowded
from stroem.interfaces.parsed_file import ParsedFile
from stroem.interfaces.source import FetchLimits, Snapshot, Source, SourceUnavailable
from stroem.records.release import FileEntry
from stroem.settings.server import SourceLimitSettings

KEPT_SECS = 12 * 3600.0
"""Seconds that contents stay in the blob store at least."""

_READ_TRIES = 3
_STORE_FILES = 64
_STORE_BYTES = 8 * 1024 * 1024
_PARSE_FILES = 20

Texts = MutableMapping[str, bytes]
"""Workflow files that were read, by digest."""


async def fetch_and_keep(
    source: Source,
    previous: Snapshot | None,
    ref: str | None,
    blobs: BlobStore,
    texts: Texts,
    *,
    kept: Snapshot | None,
    limits: SourceLimitSettings,
) -> Snapshot:
    """Fetches a source and stores the contents of all its files in the blob store; those of `kept` are there.

    Raises `SourceUnavailable`, also for more than the limits allow.
    """
    for tries_left in reversed(range(_READ_TRIES)):
        snapshot = await fetch_within(limits, source, previous, ref)
        if snapshot is previous and snapshot is kept:
            return snapshot
        try:
            await _keep(source, snapshot, kept, blobs, texts)
            return snapshot
        except SourceUnavailable:  # a file changed between its digest and its content
            if not tries_left:
                raise
    raise AssertionError("unreachable")


async def fetch_within(
    limits: SourceLimitSettings, source: Source, previous: Snapshot | None, ref: str | None
) -> Snapshot:
    """The current contents of a source. Raises `SourceUnavailable`, also for more than the limits allow."""
    snapshot = await source.fetch(previous, ref)
    if snapshot is not previous:
        FetchLimits(**attrs.asdict(limits)).check(snapshot)
    return snapshot


async def _keep(source: Source, snapshot: Snapshot, previous: Snapshot | None, blobs: BlobStore, texts: Texts) -> None:
    new = new_files(snapshot, previous)
    batch: list[bytes] = []
    size = 0
    async for file, data in source.read(snapshot, new):
        if file.path.endswith((".yaml", ".yml")):
            texts[file.digest] = data
        batch.append(data)
        size += len(data)
        if len(batch) >= _STORE_FILES or size >= _STORE_BYTES:
            await blobs.put_many(batch)
            batch, size = [], 0
    await blobs.put_many(batch)


def new_files(snapshot: Snapshot, previous: Snapshot | None) -> list[FileEntry]:
    """The regular files whose contents `previous` does not have."""
    if previous is None:
        return [file for file in snapshot.files if file.link is None]
    same = {id(file) for file in previous.files}
    candidates = [file for file in snapshot.files if file.link is None and id(file) not in same]
    if not candidates:
        return []
    known = {file.digest for file in previous.files}
    return [file for file in candidates if file.digest not in known]


async def texts_of(digests: Sequence[str], texts: Texts, blobs: BlobStore) -> list[bytes]:
    """The contents with these digests: those at hand, the others from the blob store."""
    missing = [digest for digest in digests if digest not in texts]
    texts.update(zip(missing, await blobs.get_many(missing), strict=True))
    return [texts[digest] for digest in digests]


async def parse_files(
    wanted: Mapping[str, FileEntry],
    known: Mapping[str, ParsedFile],
    texts: Texts,
    blobs: BlobStore,
    dialects: InstalledDialects,
    allowance: Allowance | None = None,
) -> dict[str, ParsedFile]:
    """The workflow files, parsed; those that are `known` with the same content are not parsed again. Files that do not
    fit into the allowance are not read, and say so.
    """
    allowance = allowance or Allowance()
    parsed = still_known(wanted, known, allowance)
    rest = iter([(path, file.digest) for path, file in wanted.items() if path not in parsed])
    while batch := list(itertools.islice(rest, _PARSE_FILES)):
        found = await texts_of([digest for _, digest in batch], texts, blobs)
        paths = [path for path, _ in batch]
        for file in await asyncio.to_thread(_parse_batch, paths, found, dialects, allowance):
            parsed[file.path] = file
    return {path: parsed[path] for path in wanted}


def still_known(
    wanted: Mapping[str, FileEntry], known: Mapping[str, ParsedFile], allowance: Allowance
) -> dict[str, ParsedFile]:
    """The parsed files of former runs that are still current and fit into the allowance."""
    found: dict[str, ParsedFile] = {}
    for path, file in wanted.items():
        before = known.get(path)
        if before is not None and before.is_current(file.digest):
            try:  # in every run for every file: `contextlib.suppress` would take longer than the rest
                allowance.take(before.cost)
            except OverAllowance:
                continue
            found[path] = before
    return found


def within(files: Mapping[str, ParsedFile], allowance: Allowance) -> dict[str, ParsedFile]:
    """The parsed files of a library for one of its users; those that do not fit into the allowance without what they
    define, and with the reason.
    """
    found: dict[str, ParsedFile] = {}
    for path, file in files.items():
        try:
            allowance.take(file.cost)
            found[path] = file
        except OverAllowance as error:
            found[path] = crowded(file, error)
    return found


def _parse_batch(
    paths: Sequence[str], texts: Sequence[bytes], dialects: InstalledDialects, allowance: Allowance
) -> list[ParsedFile]:
    return [dialects.parse(path, text, allowance) for path, text in zip(paths, texts, strict=True)]


def reader(digests: Mapping[str, str], texts: Texts, blobs: BlobStore) -> Callable[[str], bytes]:
    """A function that reads a file's bytes from a thread, to place a mistake; `digests` are by path."""
    loop = asyncio.get_running_loop()

    def read(path: str) -> bytes:
        text = texts.get(digests[path])
        if text is not None:
            return text
        return asyncio.run_coroutine_threadsafe(blobs.get(digests[path]), loop).result()

    return read


def merged_files(parts: Iterable[Iterable[FileEntry]]) -> tuple[FileEntry, ...]:
    """All files, sorted by path."""
    return tuple(sorted(itertools.chain.from_iterable(parts), key=lambda file: file.path))
