"""docs/guides/re-runs.md is true: its commands print what it shows."""

from pathlib import Path

import pytest

from tests.docs.page import DOCS, Page
from tests.docs.replay import Replay, up

GUIDE = Page(DOCS / "guides/re-runs.md")


@pytest.mark.slow("replays a page of the documentation")
def test_the_guide(tmp_path: Path) -> None:
    (tmp_path / ".workflows").mkdir()
    for block in GUIDE.blocks:
        if block.mark("file"):
            Replay(tmp_path).write(block)
    with up(tmp_path) as address:
        reader = Replay(tmp_path, address)
        for block in GUIDE.blocks:
            if block.language == "console":
                reader.run(block)
