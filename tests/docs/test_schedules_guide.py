"""docs/guides/schedules.md and migrating-from-cron.md are true: their commands print what they show."""

from pathlib import Path

import pytest

from tests.docs.page import DOCS, Page
from tests.docs.replay import Replay, replay_guide

SCHEDULES = Page(DOCS / "guides/schedules.md")
MIGRATING = Page(DOCS / "guides/migrating-from-cron.md")


@pytest.mark.slow("replays a page of the documentation")
def test_the_guide_of_schedules(tmp_path: Path) -> None:
    replay_guide(SCHEDULES, tmp_path)


@pytest.mark.slow("replays a page of the documentation")
def test_the_guide_of_migrating(tmp_path: Path) -> None:
    reader = Replay(tmp_path)
    for block in MIGRATING.blocks:
        if block.mark("file"):
            reader.write(block)
        elif block.language == "console":
            reader.run(block)
