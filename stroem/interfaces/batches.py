"""Files as sources read them: many small ones at once, large ones alone."""

from collections.abc import Iterable, Iterator

from stroem.records.release import FileEntry

_MOST_BYTES = 8 * 1024 * 1024


def batches(files: Iterable[FileEntry], most_files: int) -> Iterator[list[FileEntry]]:
    """The files that have contents, so many at once and at most 8 MiB unless one alone is larger. Links have none and
    are passed over.
    """
    batch: list[FileEntry] = []
    size = 0
    for file in files:
        if file.link is not None:
            continue
        if batch and (len(batch) >= most_files or size + file.size > _MOST_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(file)
        size += file.size
    if batch:
        yield batch
