"""The built UI."""

import subprocess
import sys

from tests.docs.page import ROOT

UI = ROOT / "ui"


def build_ui() -> None:
    """Builds the UI if it has changed since the last build."""
    done = subprocess.run([sys.executable, "deploy/ui.py", "build"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
