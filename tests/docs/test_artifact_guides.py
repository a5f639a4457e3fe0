"""docs/guides/artifacts.md, caching.md and ci-pipelines.md are true: their commands print what they show."""

from pathlib import Path

import pytest

from tests.docs.page import DOCS, Page
from tests.docs.replay import Replay, up


@pytest.mark.slow("replays a page of the documentation")
@pytest.mark.parametrize("name", ["artifacts", "caching", "ci-pipelines"])
def test_the_guides(tmp_path: Path, name: str) -> None:
    page = Page(DOCS / f"guides/{name}.md")
    (tmp_path / ".workflows").mkdir()
    (tmp_path / "src").mkdir()
    for block in page.blocks:
        if file := block.mark("file"):
            (tmp_path / file).write_text(block.text)
    with up(tmp_path) as address:
        reader = Replay(tmp_path, address)
        for block in page.blocks:
            if block.language == "console":
                reader.run(block)
