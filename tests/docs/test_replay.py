"""README, tutorial, and the guides of state and outputs are true: files and commands as written, with their output."""

import shutil
from pathlib import Path

import pytest

from tests.docs.page import DOCS, ROOT, Block, Page
from tests.docs.replay import Replay, up

pytestmark = pytest.mark.slow("replays a page of the documentation")

TUTORIAL = Page(DOCS / "tutorial.md")
README = Page(ROOT / "README.md")
STATE = Page(DOCS / "guides/state.md")
OUTPUTS = Page(DOCS / "guides/outputs.md")


def test_the_readme(tmp_path: Path) -> None:
    workspace = tmp_path / "workspaces" / "example"
    shutil.copytree(ROOT / "workspaces" / "example", workspace)
    with up(workspace) as address:
        reader = Replay(tmp_path, address)
        for block in README.blocks:
            reader.run(block)


def test_the_tutorial(tmp_path: Path) -> None:
    first, *rest = TUTORIAL.blocks
    reader = Replay(tmp_path)
    reader.run(first)
    alone = next(number for number, block in enumerate(rest) if "stroem up" in block.text)
    for block in rest[:alone]:
        _follow(reader, block)
    with up(reader.folder) as address:
        reader = Replay(reader.folder, address)
        for block in rest[alone:]:
            _follow(reader, block)


def test_the_guide_of_state(tmp_path: Path) -> None:
    first, *rest = STATE.blocks
    (tmp_path / ".workflows").mkdir()
    Replay(tmp_path).write(first)
    with up(tmp_path) as address:
        reader = Replay(tmp_path, address)
        for block in rest:
            _follow(reader, block)


def test_the_guide_of_outputs(tmp_path: Path) -> None:
    (tmp_path / ".workflows").mkdir()
    files = [block for block in OUTPUTS.blocks if block.mark("file")]
    for block in files:
        Replay(tmp_path).write(block)
    with up(tmp_path) as address:
        reader = Replay(tmp_path, address)
        for block in OUTPUTS.blocks:
            if block.language == "console":
                reader.run(block)


def _follow(reader: Replay, block: Block) -> None:
    if block.mark("file"):
        reader.write(block)
    elif block.language == "console":
        reader.run(block)
