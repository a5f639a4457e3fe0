"""The guides to job outcomes and to watched files are true: their commands print what they show."""

import tempfile
from pathlib import Path

import pytest
import yaml

from tests.docs.page import DOCS, Block, Page
from tests.docs.replay import Replay, compared, replay_guide, started
from tests.support.wait import eventually_blocking

OUTCOMES = Page(DOCS / "guides/job-outcomes.md")
FILES = DOCS / "guides/watching-files.md"
INBOX = "/srv/inbox"
CONTENTS = {"order-1.csv": "12 lamps\n", "order-2.csv": "30 chairs\n", **dict.fromkeys(["a.png", "b.png"], "x")}


class PatientReplay(Replay):
    """A reader who lists jobs until those of triggers are there."""

    def _run(self, command: str, expected: str, block: Block) -> None:
        if command.startswith("stroem jobs"):
            eventually_blocking(lambda: compared(self.shell(command)) == compared(expected), f"{block}: {command}")
        super()._run(command, expected, block)


@pytest.mark.slow("replays a page of the documentation")
def test_the_guide_to_job_outcomes(tmp_path: Path) -> None:
    replay_guide(OUTCOMES, tmp_path, PatientReplay)


@pytest.mark.slow("replays a page of the documentation")
def test_the_guide_to_watched_files(tmp_path: Path) -> None:
    """With a folder of its own in the place of that of the page."""
    inbox, folder = tmp_path / "inbox", tmp_path / "workspace"
    (folder / ".workflows").mkdir(parents=True)
    inbox.mkdir()
    page = tmp_path / "page.md"
    page.write_text(FILES.read_text().replace(INBOX, str(inbox)))
    for name in ("order-1.csv", "order-2.csv", "a.png", "b.png", "c.png", "d.png"):
        (folder / name).write_text(CONTENTS.get(name, "x"))
    blocks = _blocks(page)
    for block in blocks:
        if block.mark("file"):
            Replay(folder).write(block)
    assert yaml.safe_load((folder / "settings.yaml").read_text())["triggers"]["folders"] == [str(inbox)]
    arguments = ["up", "--config", "settings.yaml", "--workspace", ".", "--data-dir"]
    with (
        tempfile.TemporaryDirectory(prefix="stroem-docs-") as data_dir,
        started([*arguments, data_dir], folder) as address,
    ):
        running = PatientReplay(folder, address)
        for block in blocks:
            if block.language == "console":
                running.run(block)


def _blocks(path: Path) -> tuple[Block, ...]:
    class Copy(Page):
        name = str(path)

    return Copy(path).blocks
