"""The dialect and the kind of step that docs/guides/dialects.md shows."""

import json
from pathlib import Path

import pytest

from tests.docs.page import DOCS, Page
from tests.docs.plugin_files import run, write_plugin

GUIDE = Page(DOCS / "guides/dialects.md")


@pytest.fixture(scope="module")
def plugin(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The plugin of the guide, with its workspace."""
    return write_plugin(GUIDE, tmp_path_factory.mktemp("stroem-states"))


def test_its_files_are_valid_and_their_mistakes_have_places(plugin: Path) -> None:
    shown = next(block.text for block in GUIDE.blocks if "$ stroem validate\n" in block.text)
    done = run(plugin, "-m", "stroem.cli.main", "validate", "workspace")
    assert done.returncode == 0, done.stdout
    assert done.stdout.splitlines() == shown.splitlines()[1:2]
    file = plugin / "workspace/.workflows/release.states.yaml"
    written = file.read_text()
    file.write_text(written.replace("go: is-it-up", "go: is-it-upp"))
    refused = run(plugin, "-m", "stroem.cli.main", "validate", "workspace")
    file.write_text(written)
    assert "release.states.yaml:12:11" in refused.stdout
    assert "there is no state 'is-it-upp'" in refused.stdout


@pytest.mark.slow("replays a page of the documentation")
def test_it_passes_the_conformance_suites(plugin: Path) -> None:
    done = run(plugin, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests")
    assert done.returncode == 0, done.stdout
    assert " passed" in done.stdout


@pytest.mark.slow("starts and stops whole programs")
def test_its_state_machine_goes_back_and_waits(plugin: Path) -> None:
    done = run(plugin, "-m", "stroem.cli.main", "run", "release", "--path", "workspace", "--json")
    assert done.returncode == 0, done.stderr
    job = json.loads(done.stdout.splitlines()[-1])["job"]
    assert job["output"] == {"text": "up after 3 probes"}
    steps = {step["step_name"]: step for step in job["steps"]}
    visits = ["deploy", "probe", "is-it-up", "pause", "probe~2", "pause~2", "probe~3", "is-it-up~3", "announce"]
    assert {name: steps[name]["status"] for name in visits} == dict.fromkeys(visits, "completed")
    assert [steps[name]["output"] for name in ("pause", "pause~2")] == [{"waited": 0.1}, {"waited": 0.2}]
