"""Fixtures of a repository and of the servers that serve it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.git.certificates import Authority
from tests.support.git.repository import GitRepository
from tests.support.git.ssh import SshServer, ssh_server


@pytest.fixture
def served(tmp_path: Path) -> Path:
    """The folder of the repositories that servers serve."""
    folder = tmp_path / "served"
    folder.mkdir()
    return folder


@pytest.fixture
def repository(served: Path) -> GitRepository:
    """An empty repository `repo.git`."""
    return GitRepository.create(served / "repo.git")


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """A certificate authority that sources can be told to trust."""
    return Authority.create(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="session")
def sshd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SshServer]:
    """One sshd for all tests of a process."""
    with ssh_server(tmp_path_factory.mktemp("sshd")) as server:
        yield server
