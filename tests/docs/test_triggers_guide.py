"""docs/guides/triggers.md is true: its commands print what it shows."""

from pathlib import Path

import pytest

from tests.docs.page import DOCS, Page
from tests.docs.replay import replay_guide

GUIDE = Page(DOCS / "guides/triggers.md")


@pytest.mark.slow("replays a page of the documentation")
def test_the_guide(tmp_path: Path) -> None:
    replay_guide(GUIDE, tmp_path)
