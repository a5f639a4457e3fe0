"""What only dropped releases needed is removed, and nothing else, whatever happens at the same time."""

import asyncio
import functools
import random
from collections.abc import Collection, Sequence
from pathlib import Path

import attrs
import pytest

from stroem.blobs import manifest
from stroem.blobs.blob_store import BlobStore
from stroem.errors import BlobMissing
from stroem.orchestrator.retention.blob_collector import BlobCollector
from stroem.orchestrator.retention.release_pruner import ReleasePruner
from stroem.records.release import FileEntry
from stroem.store import blob_garbage
from stroem.store.database import Database
from tests.orchestrator.retention.release_rows import do, kept, release, rows, until_somebody_waits


class PausingStore(BlobStore):
    """A blob store that can be stopped before it removes something."""

    def __init__(self, url: str, database: Database) -> None:
        super().__init__(url, functools.partial(blob_garbage.reserve, database))
        self.removing = asyncio.Event()
        self.go_on = asyncio.Event()
        self.go_on.set()

    async def delete_many(self, digests: Collection[str]) -> None:
        self.removing.set()
        await self.go_on.wait()
        await super().delete_many(digests)


@attrs.frozen
class Site:
    """A database and a blob store with what sweeps them."""

    database: Database
    blobs: PausingStore

    async def put(self, *contents: bytes) -> str:
        """Stores files and their list, and returns its digest."""
        digests = await self.blobs.put_many(contents)
        files = [
            FileEntry(path=f"{at:03}", digest=digest, size=len(data))
            for at, (digest, data) in enumerate(zip(digests, contents, strict=True))
        ]
        return await self.blobs.put(manifest.to_bytes(files))

    async def release(self, *contents: bytes, workspace: str = "w") -> str:
        digest = await self.put(*contents)
        await release(self.database, workspace, manifest=digest)
        return digest

    async def drop(self, count: int = 1) -> None:
        """Drops releases but the newest, and has what they leave looked through."""
        await ReleasePruner(self.database, kept=count, interval_secs=60).run_once()
        await self.sweep()

    async def sweep(self) -> None:
        collector = BlobCollector(self.database, self.blobs, interval_secs=60)
        while await collector.run_once():
            pass

    async def pass_time(self, hours: int) -> None:
        await do(self.database, "UPDATE blob_candidates SET due_at = due_at - make_interval(hours => %s)", hours)

    async def has(self, list_of_files: str) -> bool:
        """Whether the list and all its files are there."""
        try:
            data = await self.blobs.get(list_of_files)
        except BlobMissing:
            return False
        return all([await self.blobs.has(digest) for digest in manifest.digests(data)])


@pytest.fixture
def site(database: Database, tmp_path: Path) -> Site:
    return Site(database, PausingStore((tmp_path / "blobs").as_uri(), database))


async def present(site: Site, *contents: bytes) -> list[bool]:
    digests = await BlobStore((site.blobs._folder.parent / "other").as_uri()).put_many(contents)
    return [await site.blobs.has(digest) for digest in digests]


async def test_what_nobody_needs_goes_after_a_day(site: Site) -> None:
    first = await site.release(b"only the first", b"the first two", b"all")
    await site.release(b"the first two", b"all")
    await site.release(b"all")
    await site.drop()
    assert len(await kept(site.database)) == 2
    await site.pass_time(12)
    await site.sweep()
    assert await present(site, b"only the first", b"the first two", b"all") == [True] * 3
    await site.pass_time(36)
    await site.sweep()
    assert await present(site, b"only the first", b"the first two", b"all") == [False, True, True]
    assert not await site.blobs.has(first)
    assert await rows(site.database, "SELECT count(*) FROM blob_candidates") == [(0,)]


async def test_what_others_need_stays(site: Site) -> None:
    """Another workspace, a library, what a workspace is about to be, a live job; a tarball and a sealed log."""
    contents = (b"release", b"library", b"observed", b"waiting", b"approved", b"job", b"tarball", b"log", b"nobody")
    await site.release(*contents)
    lists = {name: await site.put(name) for name in contents}
    await site.release(b"release", workspace="other")
    digests = dict(zip(contents, await site.blobs.put_many(contents), strict=True))
    await do(site.database, "INSERT INTO libraries (key, origin, manifest) VALUES ('l', 'x', %s)", lists[b"library"])
    for state in ("observed", "waiting", "approved"):
        await do(
            site.database,
            f"UPDATE workspaces SET {state} = jsonb_build_object('manifest', %s::text) WHERE name = 'other'",
            lists[state.encode()],
        )
    await do(site.database, "INSERT INTO plans VALUES ('p', '')")
    await do(
        site.database,
        "INSERT INTO jobs (id, workspace, task, mode, source_type, plan, open, files)"
        " VALUES (gen_random_uuid(), 'gone', 't', 'm', 'api', 'p', 1, %s)",
        lists[b"job"],
    )
    await do(site.database, "UPDATE releases SET tarball = %s WHERE workspace = 'other'", digests[b"tarball"])
    await do(
        site.database,
        "INSERT INTO log_segments VALUES (gen_random_uuid(), 0, 1, 0, %s, 0, 1, 0, 1)",
        digests[b"log"],
    )
    await site.release(b"second")
    await site.release(b"third")
    await site.drop()
    await site.pass_time(48)
    await site.sweep()
    assert await present(site, *contents) == [True] * 8 + [False]


async def test_what_came_back_stays(site: Site) -> None:
    await site.release(b"come and gone", b"come and gone and come")
    await site.release(b"second")
    await site.release(b"third")
    await site.drop()
    await site.pass_time(47)
    await site.release(b"come and gone and come")
    await site.pass_time(2)
    await site.sweep()
    assert await present(site, b"come and gone", b"come and gone and come") == [False, True]


async def test_who_puts_what_is_being_removed_puts_it_again(site: Site) -> None:
    await site.release(b"come and gone and come")
    await site.release(b"second")
    await site.release(b"third")
    await site.drop()
    await site.pass_time(48)
    site.blobs.go_on.clear()
    sweeping = asyncio.create_task(site.sweep())
    await site.blobs.removing.wait()
    again = asyncio.create_task(site.release(b"come and gone and come"))
    await until_somebody_waits(site.database)
    site.blobs.go_on.set()
    await sweeping
    assert await site.has(await again)


async def test_who_puts_what_is_about_to_be_removed_keeps_it(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """The collector has found that nobody needs it, and has not begun to remove it."""
    await site.release(b"come and gone and come", b"come and gone")
    await site.release(b"second")
    await site.release(b"third")
    await site.drop()
    await site.pass_time(48)
    hold = blob_garbage.hold
    put: list[str] = []

    async def put_first(*arguments: object) -> list[str]:
        put.append(await site.put(b"come and gone and come"))
        return await hold(*arguments)

    monkeypatch.setattr(blob_garbage, "hold", put_first)
    await site.sweep()
    await release(site.database, manifest=put[0])
    assert await present(site, b"come and gone", b"come and gone and come") == [False, True]
    assert await site.has(put[0])


async def test_without_all_lists_nothing_is_removed(site: Site, tmp_path: Path) -> None:
    await site.release(b"first")
    second = await site.release(b"second")
    await site.release(b"third")
    await site.drop()
    await site.pass_time(48)
    lost = next((tmp_path / "blobs").rglob(second))
    data = lost.read_bytes()
    lost.unlink()
    with pytest.raises(BlobMissing):
        await site.sweep()
    assert await present(site, b"first") == [True]
    lost.write_bytes(data)
    await site.pass_time(1)
    await site.sweep()
    assert await present(site, b"first") == [False]


async def test_a_list_that_is_not_stored_yet_hinders_nobody(site: Site) -> None:
    """A workspace has just seen a revision."""
    for content in (b"first", b"second", b"third"):
        await site.release(content)
    await site.drop()
    await site.pass_time(48)
    await do(site.database, "UPDATE workspaces SET observed = jsonb_build_object('manifest', repeat('0', 64))")
    await site.sweep()
    assert await present(site, b"first", b"second") == [False, True]


async def test_a_sweeper_that_died_leaves_its_work_to_the_next(site: Site) -> None:
    await site.release(b"first")
    await site.release(b"second")
    await site.release(b"third")
    await site.drop()
    await site.pass_time(48)
    site.blobs.go_on.clear()
    sweeping = asyncio.create_task(site.sweep())
    await site.blobs.removing.wait()
    sweeping.cancel()
    await asyncio.gather(sweeping, return_exceptions=True)
    site.blobs.go_on.set()
    await site.sweep()
    assert await present(site, b"first") == [True]
    await site.pass_time(1)
    await site.sweep()
    assert await present(site, b"first") == [False]


@pytest.mark.slow("a property over many examples")
@pytest.mark.parametrize("seed", range(6))
async def test_no_release_that_is_kept_ever_lacks_a_file(site: Site, seed: int) -> None:
    """Releases of two workspaces over a few shared contents; some are fetched now and made half a day later, while
    others are dropped and swept at any time, by two servers at once.
    """
    chance = random.Random(seed)
    contents = [b"content %d" % number for number in range(12)]
    fetched: list[tuple[str, str, int]] = []
    hours = 0

    async def some_time() -> None:
        nonlocal hours
        step = chance.choice([4, 11])
        if all(hours + step - since <= 23 for _, _, since in fetched):
            hours += step
            await site.pass_time(step)

    async def fetch() -> None:
        chosen = chance.sample(contents, chance.randint(1, 2))
        fetched.append((chance.choice("ab"), await site.put(*chosen), hours))

    async def make() -> None:
        if fetched:
            workspace, digest, _ = fetched.pop(chance.randrange(len(fetched)))
            await release(site.database, workspace, manifest=digest)

    async def sweep() -> None:
        count = chance.randint(1, 2)
        await asyncio.gather(site.drop(count), site.drop(count))

    steps: Sequence[object] = (fetch, make, some_time, some_time, sweep)
    for _ in range(100):
        several = [chance.choice(steps)() for _ in range(chance.randint(1, 2))]  # type: ignore[operator]
        await asyncio.gather(*several)
        for (digest,) in await rows(site.database, "SELECT DISTINCT manifest FROM releases"):
            assert await site.has(digest), f"seed {seed}"
    while fetched:
        await make()
    for _ in range(3):
        await site.drop()
        await site.pass_time(48)
        await site.sweep()
    needed: set[str] = set()
    for (digest,) in await rows(site.database, "SELECT DISTINCT manifest FROM releases"):
        assert await site.has(digest)
        needed |= {digest, *manifest.digests(await site.blobs.get(digest))}
    for (digest,) in await rows(site.database, "SELECT digest FROM blob_candidates"):
        needed.add(digest)
    assert site.blobs._folder is not None
    assert {path.name for path in site.blobs._folder.rglob("*") if path.is_file()} == needed
