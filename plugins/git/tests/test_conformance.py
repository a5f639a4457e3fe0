"""The git source does what every source must do, over each way to a repository."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from stroem.interfaces.source import FetchLimits, Source
from stroem.testing.source_conformance import SourceConformance
from stroem_git.auth import GitAuth
from stroem_git.source import GitSource
from tests.support.git.http import GitHttpServer, git_http_server
from tests.support.git.repository import GitRepository
from tests.support.git.ssh import SshServer


class GitConformance(SourceConformance):
    """The suite of all sources; `publish` makes a commit of the folder."""

    def url(self, repository: Path) -> str:
        raise NotImplementedError

    def options(self) -> dict[str, object]:
        return {}

    def make_source(self, folder: Path) -> Source:
        return self._source(folder, self.url(_repository(folder).folder))

    def make_unavailable(self, folder: Path) -> Source:
        return self._source(folder, self.url(folder.parent / "missing.git"))

    def make_ref(self, folder: Path) -> str:
        repository = _repository(folder)
        repository.git("branch", "-f", "other", "main")
        return "other"

    async def publish(self, folder: Path) -> None:
        _repository(folder).publish(folder)

    def _source(self, folder: Path, url: str) -> Source:
        source = GitSource(url=url, **self.options())
        source.prepare(folder.parent / "cache", FetchLimits())
        return source


def _repository(folder: Path) -> GitRepository:
    place = folder.parent / "repo.git"
    return GitRepository(place) if place.exists() else GitRepository.create(place)


class TestFile(GitConformance):
    """A repository in a folder."""

    def url(self, repository: Path) -> str:
        return repository.as_uri()


class TestHttp(GitConformance):
    """A repository behind smart http."""

    @pytest.fixture(autouse=True)
    async def server(self, tmp_path: Path) -> AsyncIterator[GitHttpServer]:
        async with git_http_server(tmp_path) as server:
            self.port = server.port
            yield server

    def url(self, repository: Path) -> str:
        return f"http://127.0.0.1:{self.port}/{repository.name}"


class TestSsh(GitConformance):
    """A repository behind sshd."""

    @pytest.fixture(autouse=True)
    def server(self, sshd: SshServer) -> None:
        self.sshd = sshd

    def url(self, repository: Path) -> str:
        return self.sshd.url(repository)

    def options(self) -> dict[str, object]:
        return {
            "auth": GitAuth(type="ssh_key", key_path=self.sshd.key),
            "known_hosts": self.sshd.known_hosts,
        }
