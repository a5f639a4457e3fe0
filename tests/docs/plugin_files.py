"""Plugins in the code blocks of a page."""

import os
import subprocess
import sys
import tomllib
from pathlib import Path

from tests.docs.page import Page


def write_plugin(page: Page, folder: Path) -> Path:
    """Writes the files of a page, and the metadata of an installed distribution."""
    for block in page.blocks:
        if name := block.mark("file"):
            file = folder / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(block.text)
    project = tomllib.loads((folder / "pyproject.toml").read_text())["project"]
    module = project["name"].replace("-", "_")
    notes = folder / f"{module}-{project['version']}.dist-info"
    notes.mkdir()
    (notes / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n")
    points = "".join(f"{name} = {module}\n" for name, module in project["entry-points"]["stroem"].items())
    (notes / "entry_points.txt").write_text(f"[stroem]\n{points}")
    (folder / "pytest.ini").write_text("[pytest]\nasyncio_default_fixture_loop_scope = function\n")
    return folder


def run(plugin: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs Python with arguments, with the plugin installed."""
    environment = {**os.environ, "PYTHONPATH": str(plugin), "XDG_CACHE_HOME": str(plugin / "cache")}
    return subprocess.run(
        [sys.executable, *arguments], cwd=plugin, env=environment, capture_output=True, text=True, check=False
    )
