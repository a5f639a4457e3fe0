"""Files of workspaces."""

from pathlib import Path


def write_workspace(root: Path, workflows: str, file: str = "main.yaml") -> Path:
    """Writes a workspace with one file of workflows into a folder, and returns that."""
    folder = root / ".workflows"
    folder.mkdir(parents=True)
    (folder / file).write_text(workflows)
    return root
