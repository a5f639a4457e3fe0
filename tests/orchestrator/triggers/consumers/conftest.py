"""A site with an event source."""

from pathlib import Path

import pytest

from stroem.store.database import Database
from tests.orchestrator.triggers.consumers.consumer_site import ConsumerSite


@pytest.fixture
def site(database: Database, tmp_path: Path) -> ConsumerSite:
    """A server whose workspace has no release yet."""
    return ConsumerSite(database=database, folder=tmp_path)
