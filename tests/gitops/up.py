"""`stroem up` with a settings file that tests change while it runs."""

import json
import os
import select
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

HOOK_SECRET = "a-secret-of-push-hooks-that-nobody-guesses"
START_SECS = 60

STROEM = (sys.executable, "-m", "stroem.cli.main")


def environment() -> dict[str, str]:
    """That of a program: without settings of its own."""
    return {name: value for name, value in os.environ.items() if not name.startswith("STROEM")}


class Up:
    """Database, server and worker in one process. All that it says on stderr goes into `log`, debugging included."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.data = folder / "data"
        self.log = folder / "logs" / "up"
        self.settings: dict[str, Any] = {
            "push_hooks": {"plain": {"type": "plain", "secret": HOOK_SECRET}},
            "library_urls": ["file://*", "https://*"],
            "workspaces": {},
        }
        self.write()
        self.log.parent.mkdir()
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [
                    *(*STROEM, "up", "--json", "--log-level", "debug", "--port", "0"),
                    *("--config", str(self._file), "--data-dir", str(self.data)),
                ],
                stdout=subprocess.PIPE,
                stderr=log,
                env=environment(),
                cwd=folder,
            )
        assert self.process.stdout is not None
        readable, _, _ = select.select([self.process.stdout], [], [], START_SECS)
        said = self.process.stdout.readline() if readable else b""
        if not said:
            self.process.kill()
            raise AssertionError(f"it did not start: {self.said()[-2000:]}")
        self.address: str = json.loads(said)["address"]

    @property
    def _file(self) -> Path:
        return self.folder / "settings.yaml"

    def write(self) -> None:
        """Puts the settings into the file, whole at once."""
        fresh = self.folder / "settings.new"
        fresh.write_text(yaml.safe_dump(self.settings))
        fresh.replace(self._file)

    def said(self) -> str:
        """The log."""
        return self.log.read_text(errors="replace")

    def stop(self) -> int:
        """Ends it as an operator does; its exit code."""
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(START_SECS)
        finally:
            self.process.kill()
            assert self.process.stdout is not None
            self.process.stdout.close()
