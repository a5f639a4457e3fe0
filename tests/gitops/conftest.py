"""One Strøm for all tests of a process, and real git servers."""

import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import aiohttp
import pytest

from tests.gitops.site import Site
from tests.gitops.up import Up
from tests.support.git.certificates import Authority
from tests.support.git.fixtures import authority, repository, served, sshd
from tests.support.git.http import GitHttpServer, git_http_server

REQUEST_SECS = 60


@pytest.fixture(scope="session")
def up() -> Iterator[Up]:
    """A Strøm that is up. Its folder is not one of pytest's: PostgreSQL may run as another user."""
    with tempfile.TemporaryDirectory(prefix="stroem-gitops-", ignore_cleanup_errors=True) as folder:
        running = Up(Path(folder))
        try:
            yield running
        finally:
            assert running.stop() == 0


@pytest.fixture
async def site(up: Up) -> AsyncIterator[Site]:
    """The same for one test, which takes its workspaces away again. Whatever happens, the server answers."""
    async with aiohttp.ClientSession(up.address, timeout=aiohttp.ClientTimeout(total=REQUEST_SECS)) as http:
        found = Site(http, up)
        yield found
        await found.close()


@pytest.fixture
async def https(site: Site, served: Path, authority: Authority, tmp_path: Path) -> AsyncIterator[GitHttpServer]:
    """Git over https."""
    async with git_http_server(served, authority.server(tmp_path)) as server:
        yield server
        await site.close()  # or somebody asks it while it stops
