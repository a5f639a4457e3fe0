"""A scene in a process of its own, for tests in a browser."""

import os
import sys
from pathlib import Path

from tests.docs.page import ROOT
from tests.support.programs import Program

_SECS = 180
"""Seconds until a small scene is ready on a busy machine; an idle one takes ten."""


def scene_program(folder: Path, size: str = "small") -> Program:
    """Starts a scene and waits until it is ready. Its `address` is that of the server."""
    return Program(
        *("-m", "tests.ui.scene", "--serve", "--size", size, "--data-dir", str(folder)),
        env=dict(os.environ),
        cwd=ROOT,
        program=[sys.executable],
        patience=_SECS,
    )
