"""A Docker Engine for the tests of this plugin, and steps that run in it."""

import gc
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from plugins.docker.tests.steps import Steps
from tests.support.docker_engine import DockerEngine, docker_engine


@pytest.fixture(scope="session")
def shared_engine() -> Iterator[DockerEngine]:
    """An engine for tests that leave it as it is."""
    with docker_engine() as running:
        yield running


@pytest.fixture
def engine(shared_engine: DockerEngine) -> Iterator[DockerEngine]:
    """That engine; no test leaves a container in it."""
    yield shared_engine
    assert shared_engine.containers() == []


@pytest.fixture
def own_engine() -> Iterator[DockerEngine]:
    """An engine that a test may stop."""
    with docker_engine() as running:
        yield running


@pytest.fixture
def lost_sockets() -> Iterator[None]:
    """Collects the sockets of refused connections, which the library leaves to the collector, within their test."""
    yield
    gc.collect()


@pytest.fixture
async def steps(engine: DockerEngine, tmp_path: Path) -> AsyncIterator[Steps]:
    """Steps in the shared engine."""
    async with Steps(engine.address, tmp_path) as steps:
        yield steps
