"""`stroem up` with a settings file that tests change while it runs."""

from pathlib import Path
from typing import Any

import yaml

from tests.support.programs import Program, environment

HOOK_SECRET = "a-secret-of-push-hooks-that-nobody-guesses"


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
            self.program = Program(
                *("up", "--json", "--log-level", "debug", "--port", "0"),
                *("--config", str(self._file), "--data-dir", str(self.data)),
                env=environment(),
                cwd=folder,
                log=log,
            )
        self.address = self.program.address

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
        return self.program.stop()
