"""One Strøm for all tests of a process, and real git servers."""

import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import aiohttp
import pytest

from tests.git_servers.certificates import Authority
from tests.git_servers.http import GitHttpServer, git_http_server
from tests.git_servers.repository import GitRepository
from tests.git_servers.ssh import SshServer, ssh_server
from tests.gitops.site import Site
from tests.gitops.up import Up

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
def served(tmp_path: Path) -> Path:
    """The folder whose repositories the git servers serve."""
    folder = tmp_path / "served"
    folder.mkdir()
    return folder


@pytest.fixture
def repository(served: Path) -> GitRepository:
    """An empty repository `repo.git`."""
    return GitRepository.create(served / "repo.git")


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """A CA that workspaces can be told to trust."""
    return Authority.create(tmp_path_factory.mktemp("authority"))


@pytest.fixture
async def https(site: Site, served: Path, authority: Authority, tmp_path: Path) -> AsyncIterator[GitHttpServer]:
    """Git over https."""
    async with git_http_server(served, authority.server(tmp_path)) as server:
        yield server
        await site.close()  # or somebody asks it while it stops


@pytest.fixture(scope="session")
def sshd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SshServer]:
    """Git over ssh."""
    with ssh_server(tmp_path_factory.mktemp("sshd")) as server:
        yield server
