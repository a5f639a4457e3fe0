"""The tasks of docs/guides/limits.md run, and its commands print what it shows."""

import json
from pathlib import Path

import pytest
import yaml

from tests.docs.page import DOCS, Page
from tests.docs.replay import Replay, up

GUIDE = Page(DOCS / "guides/limits.md")
BLOCKS = [block for block in GUIDE.blocks if "workflow" in block.marks and "server." not in block.text]


@pytest.mark.slow("replays a page of the documentation")
def test_the_guide(tmp_path: Path) -> None:
    (tmp_path / ".workflows").mkdir()
    for number, block in enumerate(BLOCKS):
        (tmp_path / ".workflows" / f"{number}.yaml").write_text(block.text)
    with up(tmp_path) as address:
        reader = Replay(tmp_path, address)
        for block in BLOCKS:
            for task in yaml.safe_load(block.text)["tasks"]:
                assert " completed after " in reader.shell(f"stroem trigger {task} --wait")
        before = reader.seen()
        slow = BLOCKS[0].text.replace("echo to", "sleep 60; echo to")
        (tmp_path / ".workflows" / "0.yaml").write_text(slow)
        reader.until(lambda: reader.seen() != before)
        first = _start(reader)
        second = _start(reader)
        shown = reader.shell(f"stroem why {second}")
        assert "with the key 'prod' is free: 1 of 1 are taken" in shown
        assert f"held by job {first} of deploy since" in shown
        assert "Forecast:" in shown


def _start(reader: Replay) -> str:
    printed = reader.shell("stroem trigger deploy env=prod --priority 50 --json")
    job_id: str = json.loads(printed[printed.index("{") :])["job_id"]
    return job_id
