"""The limits of a workspace hold for every source, and the status says which was passed."""

import hashlib
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import attrs
import pytest

from stroem.interfaces.source import Snapshot, Source, SourceRejected
from stroem.reconciler.sources.contents import fetch_within
from stroem.records.release import FileEntry
from stroem.settings.server import SourceLimitSettings
from tests.reconciler.conftest import MakeReconciler, folder_settings, write_task

LIMITS = SourceLimitSettings(files=5, file_bytes=2000, total_bytes=4000)


@attrs.frozen
class Careless(Source):
    """A source that looks at no limits."""

    name = "careless"
    files: dict[str, bytes]

    async def fetch(self, previous: Snapshot | None, ref: str | None = None) -> Snapshot:
        entries = (
            FileEntry(path=path, digest=hashlib.sha256(data).hexdigest(), size=len(data), mode=0o644)
            for path, data in sorted(self.files.items())
        )
        return Snapshot(revision="r1", files=tuple(entries))

    async def read(self, snapshot: Snapshot, files: Sequence[FileEntry]) -> AsyncIterator[tuple[FileEntry, bytes]]:
        for file in files:
            yield file, self.files[file.path]


TOO_MUCH = [
    ({f"file{number}": b"x" for number in range(6)}, "more than 5 files"),
    ({"large": bytes(2001)}, "large has 2001 bytes, and 2000 are allowed"),
    ({f"file{number}": bytes(1500) for number in range(3)}, "all files together have 4500 bytes"),
]


@pytest.mark.parametrize(("files", "said"), TOO_MUCH)
async def test_a_source_that_looks_at_no_limits_is_held_to_them(files: dict[str, bytes], said: str) -> None:
    with pytest.raises(SourceRejected, match=said) as raised:
        await fetch_within(LIMITS, Careless(files), None, None)
    assert raised.value.revision == "r1"


@pytest.mark.parametrize(("files", "said"), TOO_MUCH)
async def test_a_folder_is_held_to_them(
    make_reconciler: MakeReconciler, folder: Path, files: dict[str, bytes], said: str
) -> None:
    write_task(folder, "build")
    limits = attrs.evolve(LIMITS, files=7 if len(files) == 6 else 50, total_bytes=LIMITS.total_bytes)
    reconciler = make_reconciler(main=attrs.evolve(folder_settings(folder), limits=limits))
    await reconciler.replicas.restore()
    good = await reconciler.pipeline.reconcile("main")
    assert good.error is None
    for name, data in {**files, "more1": b"", "more2": b""}.items():
        (folder / name).write_bytes(data)
    held = await reconciler.pipeline.reconcile("main")
    assert held.release == good.release
    assert said.replace("5 files", "7 files").partition(" have ")[0] in (held.error or "")
    assert "limits." in (held.error or "")
    for name in (*files, "more1", "more2"):
        (folder / name).unlink()
    assert (await reconciler.pipeline.reconcile("main")).error is None


async def test_a_file_that_is_too_large_is_not_read(make_reconciler: MakeReconciler, folder: Path) -> None:
    write_task(folder, "build")
    with (folder / "sparse").open("wb") as file:
        file.truncate(1024**4)
    reconciler = make_reconciler()
    await reconciler.replicas.restore()
    assert "sparse has 1099511627776 bytes" in ((await reconciler.pipeline.reconcile("main")).error or "")
