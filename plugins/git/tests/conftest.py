"""What the tests of the git source share."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from stroem.interfaces.source import FetchLimits, Snapshot, Source
from stroem_git.helper.pool import HELPERS
from stroem_git.source import GitSource
from tests.support import processes  # its processes can be interrupted
from tests.support.git.fixtures import authority, repository, served, sshd
from tests.support.git.repository import GitRepository

MakeSource = Callable[..., GitSource]


@pytest.fixture(scope="session", autouse=True)
def no_helper_left() -> Iterator[None]:
    """All helpers end with the tests."""
    yield
    HELPERS.close()


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    """Where clones go."""
    return tmp_path / "cache"


@pytest.fixture
def make_source(repository: GitRepository, cache: Path) -> MakeSource:
    """Makes a source; of the repository in its folder unless a `url` is given."""

    def make(limits: FetchLimits | None = None, **options: Any) -> GitSource:
        source = GitSource(**{"url": str(repository.folder), **options})
        source.prepare(cache, limits or FetchLimits())
        return source

    return make


async def contents(source: Source, snapshot: Snapshot) -> dict[str, bytes]:
    """All files with what is in them."""
    return {file.path: data async for file, data in source.read(snapshot, snapshot.files)}


def packs(cache: Path) -> list[Path]:
    """All packs of all clones."""
    return sorted(cache.glob("*/objects/pack/*.pack"))
