"""Files of inline scripts."""

import os
from pathlib import Path

from stroem.definitions.action import Action
from stroem.interfaces.runner import RunnerFailed, StepOrder

_SUFFIXES = {"python": ".py", "javascript": ".js", "typescript": ".ts", "go": ".go"}


def inline_text(action: Action) -> str:
    """The text of the script. Raises `RunnerFailed`."""
    if action.script is None:
        raise RunnerFailed("The action has neither `script` nor `source`.")
    return action.script


def inline_file(order: StepOrder, folder: Path) -> Path:
    """Writes the script of a step into a folder. Raises `RunnerFailed`."""
    suffix = _SUFFIXES[order.action.language or "shell"]
    return written(folder / f"{order.script_name}{suffix}", inline_text(order.action))


def written(file: Path, script: str) -> Path:
    """Writes a new file, never through a link: the directory may belong to another user."""
    file.unlink(missing_ok=True)
    with file.open("x") as opened:
        opened.write(script)
        os.fchmod(opened.fileno(), 0o644)
    return file
