"""Commits that nobody should push: each has a clear status, and the next good one heals."""

import asyncio
import random
import uuid
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

import attrs
import pytest

from tests.benchmarks.processes import family_rss_mb
from tests.gitops.site import Site, says
from tests.support.git.repository import Content, Entry, GitRepository

pytestmark = [pytest.mark.xdist_group("gitops"), pytest.mark.slow("whole programs follow git servers")]

WORKFLOW = ".workflows/main.yaml"
POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"a" * 64 + b"\nsize 12345\n"
MOST_MB = 1500
LOOK_SECS = 0.05
NAME = "bad"

Make = Callable[[GitRepository], str]


def write(repository: GitRepository, kind: str, data: bytes) -> str:
    return repository.git("hash-object", "-w", "--stdin", "--literally", "-t", kind, given=data)


def by_hand(repository: GitRepository, mode: str, name: bytes, data: bytes) -> str:
    """A commit with one more entry at its root, which git itself would refuse to make."""
    listed = [line.replace("\t", " ").split(" ", 3) for line in repository.git("ls-tree", "main").splitlines()]
    entries = [(kind.lstrip("0"), path.encode(), oid) for kind, _, oid, path in listed]
    entries.append((mode, name, write(repository, "blob", data)))
    raw = b"".join(kind.encode() + b" " + path + b"\0" + bytes.fromhex(oid) for kind, path, oid in entries)
    commit = repository.git("commit-tree", write(repository, "tree", raw), "-p", "main", "-m", "By hand")
    repository.git("update-ref", "refs/heads/main", commit)
    return commit


def at(path: str, content: Content) -> Make:
    return lambda repository: repository.commit({path: content})


def entry(name: bytes, data: bytes = b"x", mode: str = "100644") -> Make:
    return lambda repository: by_hand(repository, mode, name, data)


def bomb() -> bytes:
    """A gigabyte and more if its aliases are written out."""
    lines = ["a: &a [x, x, x, x, x, x, x, x, x, x]"]
    lines += [
        f"{new}: &{new} [{', '.join([f'*{old}'] * 10)}]" for old, new in zip("abcdefghi", "bcdefghij", strict=True)
    ]
    return "\n".join([*lines, "tasks: *j", ""]).encode()


def many(repository: GitRepository) -> str:
    return repository.commit({f"data/{number}": b"x" for number in range(3000)})


REJECTED: Mapping[str, tuple[Make, tuple[str, ...]]] = {
    "binary YAML": (at(WORKFLOW, random.Random(7).randbytes(4096)), (WORKFLOW,)),
    "50 MB of YAML": (at(WORKFLOW, b"tasks:\n" + b"  a: [1, 2, 3, 4, 5, 6, 7, 8]\n" * 1_700_000), (WORKFLOW,)),
    "a bomb of aliases": (at(WORKFLOW, bomb()), (WORKFLOW,)),
    "100,000 keys": (
        at(WORKFLOW, b"tasks:\n" + b"".join(b"  t%d: {flow: {}}\n" % number for number in range(100_000))),
        (WORKFLOW,),
    ),
    "100,000 nested lists": (at(WORKFLOW, b"tasks: " + b"[" * 100_000), (WORKFLOW,)),
    "a workflow file that is a loop": (at(WORKFLOW, Entry(b"main.yaml", "120000")), (WORKFLOW,)),
    "a name that leads out": (entry(b".."), ("'..'", "leads out")),
    "a name with slashes": (entry(b"../../etc/passwd"), ("../../etc/passwd", "leads out")),
    "git's own name": (entry(b".git"), ("'.git'", "git's own")),
    "git's own name in capitals": (entry(b".GIT"), ("'.GIT'", "git's own")),
    "a name that is not UTF-8": (entry(b"caf\xe9"), (r"caf\xe9", "not UTF-8")),
    "a device": (entry(b"tty", mode="60000"), ("'tty'", "neither a file")),
    "200 folders deep": (at("/".join("d" * 200) + "/file", b"x"), ("d/d/d", "folders deep")),
    "too many files": (many, ("more than 1000 files", "limits.files")),
    "a file that is too large": (at("data/big.bin", b"x" * (65 << 20)), ("data/big.bin", "limits.file_bytes")),
}
ALLOWED: Mapping[str, tuple[Make, tuple[str, ...]]] = {
    "a submodule": (at("vendored/lib", Entry(b"1" * 40, "160000")), ("submodules are left out: vendored/lib",)),
    "a pointer of LFS": (at("model.bin", POINTER), ("pointers of Git LFS", "model.bin")),
    "names that differ in case": (
        lambda repository: repository.commit({"Read.me": b"1", "read.ME": b"2"}),
        ("differ in case only", "Read.me and read.ME"),
    ),
    "links in a loop": (
        lambda repository: repository.commit({"a": Entry(b"b", "120000"), "b": Entry(b"a", "120000")}),
        (),
    ),
    "a link that leads out": (at("passwords", Entry(b"../../../etc/passwd", "120000")), ()),
}


@attrs.define
class Watch:
    """What was seen of the server meanwhile."""

    answers: int = 0
    most_mb: float = 0


@asynccontextmanager
async def watched(site: Site) -> AsyncIterator[Watch]:
    """Asks the server again and again, each time with the patience of the client, and looks at the memory of all."""
    watch = Watch()

    async def look() -> None:
        while True:
            await site.get("/healthz")
            watch.answers += 1
            watch.most_mb = max(watch.most_mb, family_rss_mb(site.up.program.process.pid))
            await asyncio.sleep(LOOK_SECS)

    looking = asyncio.create_task(look())
    try:
        yield watch
        assert not looking.done(), looking.exception()
    finally:
        looking.cancel()
        await asyncio.gather(looking, return_exceptions=True)


async def follow(site: Site, repository: GitRepository) -> str:
    """A workspace `bad` that is at a good commit."""
    commit = repository.commit(says(f"good {uuid.uuid4()}"))
    options: dict[str, Any] = {"url": str(repository.folder), "limits": {"files": 1000}}
    await site.add(**{NAME: options})
    await site.until_at(NAME, commit)
    return commit


def stopped(stands: dict[str, Any]) -> bool:
    """Whether a commit did not get through."""
    return bool(stands.get("error") or stands.get("waiting"))


async def heal(site: Site, repository: GitRepository, good: str) -> None:
    """The next good commit, on top of the last one."""
    repository.git("update-ref", "refs/heads/main", good)
    commit = repository.commit(says("healed"))
    await site.announce(str(repository.folder), commit)
    await site.until_at(NAME, commit)
    assert "healed" in await site.output_of(NAME)


@pytest.mark.parametrize("kind", REJECTED)
async def test_what_is_bad_is_named_and_the_last_release_stays(
    site: Site, repository: GitRepository, kind: str
) -> None:
    make, words = REJECTED[kind]
    good = await follow(site, repository)
    commit = await asyncio.to_thread(make, repository)
    async with watched(site) as watch:
        await site.announce(str(repository.folder), commit)
        stands = await site.until(NAME, stopped, "the status says what is wrong")
        said = f"{stands.get('error')} {sorted({problem['file'] for problem in stands.get('problems', ())})}"
        assert all(word in said for word in words), said
        assert len(said) < 4000
        assert stands["revision"] == good
        assert stands["next_at"]
        ready, _, _ = stands["conditions"]
        assert not ready["status"]
        assert ready["message"]
        assert "good" in await site.output_of(NAME)
        await heal(site, repository, good)
    assert watch.answers
    assert watch.most_mb < MOST_MB


@pytest.mark.parametrize("kind", ALLOWED)
async def test_what_is_odd_is_warned_of(site: Site, repository: GitRepository, kind: str) -> None:
    make, words = ALLOWED[kind]
    good = await follow(site, repository)
    commit = await asyncio.to_thread(make, repository)
    await site.announce(str(repository.folder), commit)
    stands = await site.until(NAME, lambda now: now["observed_revision"] == commit, "the commit is seen")
    assert not stopped(stands)
    said = " ".join(stands.get("warnings", ()))
    assert all(word in said for word in words), said
    assert "good" in await site.output_of(NAME)
    await heal(site, repository, good)
