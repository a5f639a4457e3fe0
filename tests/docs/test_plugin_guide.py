"""The plugin that docs/guides/plugins.md writes is a plugin."""

from pathlib import Path

import pytest

from tests.docs.page import DOCS, Page
from tests.docs.plugin_files import run, write_plugin

GUIDE = Page(DOCS / "guides/plugins.md")
SLOW = "slow_output"
"""A test of the suite that takes seconds; the suite's own tests run it."""


@pytest.fixture(scope="module")
def plugin(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The plugin of the guide."""
    return write_plugin(GUIDE, tmp_path_factory.mktemp("stroem-nice"))


def test_its_command_works(plugin: Path) -> None:
    done = run(plugin, "-m", "stroem.cli.main", "nice-check")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("nice is at ")


def test_it_is_loaded_as_the_guide_shows(plugin: Path) -> None:
    done = run(plugin, "-m", "stroem.cli.main", "plugins")
    shown = next(block.text for block in GUIDE.blocks if "$ stroem plugins\n" in block.text)
    row = next(line for line in shown.splitlines() if line.startswith("nice "))
    assert row.split() in [line.split() for line in done.stdout.splitlines()]


def test_its_workflow_is_valid_and_its_options_are_checked(plugin: Path) -> None:
    workflow = next(block.text for block in GUIDE.blocks if block.mark("runners") == "nice")
    folder = plugin / "workspace" / ".workflows"
    folder.mkdir(parents=True)
    (folder / "archive.yaml").write_text(workflow)
    assert run(plugin, "-m", "stroem.cli.main", "validate", "workspace").returncode == 0
    (folder / "archive.yaml").write_text(workflow.replace("level: 19", "level: 99"))
    assert "19" in run(plugin, "-m", "stroem.cli.main", "validate", "workspace").stdout


@pytest.mark.slow("replays a page of the documentation")
def test_its_runner_passes_the_conformance_suite(plugin: Path) -> None:
    done = run(plugin, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", f"not {SLOW}", "tests")
    assert done.returncode == 0, done.stdout
    assert " passed" in done.stdout
