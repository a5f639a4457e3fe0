"""A cluster for the tests of this plugin, and steps that run in it."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from plugins.kubernetes.tests.file_server import FileServer
from plugins.kubernetes.tests.steps import Steps
from tests.support.kubernetes.cluster import TestCluster, running_cluster
from tests.support.kubernetes.rights import rights_of_the_guide
from tests.support.wait import eventually


@pytest.fixture(scope="session")
def shared_cluster() -> Iterator[TestCluster]:
    """A cluster for tests that leave it as it is, whose worker has the rights of the guide."""
    with running_cluster() as running:
        running.apply(rights_of_the_guide())
        yield running


@pytest.fixture
async def cluster(shared_cluster: TestCluster) -> AsyncIterator[TestCluster]:
    """That cluster; no test leaves a pod in it."""
    yield shared_cluster
    await eventually(lambda: shared_cluster.pods() == [])


@pytest.fixture
def own_cluster() -> Iterator[TestCluster]:
    """A cluster whose API server a test may stop."""
    with running_cluster() as running:
        running.apply(rights_of_the_guide())
        yield running


@pytest.fixture(scope="session")
def files() -> Iterator[FileServer]:
    """The server of workspaces."""
    with FileServer() as running:
        yield running


@pytest.fixture
async def steps(cluster: TestCluster, files: FileServer, tmp_path: Path) -> AsyncIterator[Steps]:
    """Steps in the shared cluster."""
    async with Steps(cluster, files, tmp_path) as steps:
        yield steps
