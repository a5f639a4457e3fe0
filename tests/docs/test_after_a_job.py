"""docs/guides/after-a-job.md is true: its commands print what it shows."""

import json
from pathlib import Path

import pytest

from tests.docs.page import DOCS, Page
from tests.docs.replay import Replay, replay_guide

GUIDE = Page(DOCS / "guides/after-a-job.md")


class PatientReplay(Replay):
    """A reader who lists jobs once all have ended."""

    def _await_job(self, command: str) -> None:
        super()._await_job(command)
        if command == "stroem jobs":
            self.until(lambda: not self._live_jobs())

    def _live_jobs(self) -> list[str]:
        jobs = json.loads(self.shell("stroem jobs --json"))["items"]
        return [job["job_id"] for job in jobs if job["status"] in ("pending", "running")]


@pytest.mark.slow("replays a page of the documentation")
def test_the_guide(tmp_path: Path) -> None:
    replay_guide(GUIDE, tmp_path, PatientReplay)
