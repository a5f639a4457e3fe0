"""A site with triggers."""

from pathlib import Path

import pytest

from stroem.store.database import Database
from tests.orchestrator.triggers.trigger_site import TriggerSite


@pytest.fixture
def site(database: Database, tmp_path: Path) -> TriggerSite:
    """A server whose workspace has no release yet."""
    return TriggerSite(database=database, folder=tmp_path)
