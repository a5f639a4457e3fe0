"""The webhooks of docs/guides/webhooks.md work, and its commands print what it shows."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.docs.page import DOCS, Page
from tests.docs.replay import Replay, replay_guide

GUIDE = Page(DOCS / "guides/webhooks.md")
WRITTEN = "http://localhost:8080"


class Reader(Replay):
    """A reader whose shell reaches the server at the address of the guide."""

    def _with_real_ids(self, command: str) -> str:
        for told, real in self._ids.items():
            command = command.replace(told, real)
        return command

    def shell(self, command: str) -> str:
        address = self.environment.get("STROEM_URL", WRITTEN)
        if command.startswith("stroem "):
            return super().shell(command)
        for script in self.folder.glob("*.sh"):
            script.write_text(script.read_text().replace(WRITTEN, address))
        command = command.replace(WRITTEN, address)
        environment = {**os.environ, **self.environment}
        done = subprocess.run(
            ["bash", "-c", command], cwd=self.folder, env=environment, stdout=subprocess.PIPE, text=True, check=True
        )
        return done.stdout


@pytest.mark.slow("replays a page of the documentation")
def test_the_guide(tmp_path: Path) -> None:
    replay_guide(GUIDE, tmp_path, Reader)
