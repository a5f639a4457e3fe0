"""A cluster for workers that are killed."""

from collections.abc import Iterator

import pytest

from tests.support.kubernetes.cluster import TestCluster, running_cluster
from tests.support.kubernetes.rights import rights_of_the_guide


@pytest.fixture
def cluster() -> Iterator[TestCluster]:
    """A cluster of the test's own, where a worker has the rights of the guide."""
    with running_cluster() as running:
        running.apply(rights_of_the_guide())
        yield running
