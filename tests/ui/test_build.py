"""The build of the UI: when it runs, what it leaves, and what it tells when it cannot."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.page import ROOT

SCRIPT = """
const fs = require("fs");
fs.mkdirSync("dist", { recursive: true });
fs.copyFileSync("page.html", "dist/index.html");
"""
LOCK = {"name": "ui", "version": "1.0.0", "lockfileVersion": 3, "packages": {"": {"name": "ui", "version": "1.0.0"}}}


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout with a UI of one page, which needs no packages."""
    for folder in ("deploy", "ui", "schemas", "stroem/server/ui"):
        (tmp_path / folder).mkdir(parents=True)
    shutil.copy(ROOT / "deploy" / "ui.py", tmp_path / "deploy")
    (tmp_path / "schemas" / "openapi.json").write_text("{}")
    (tmp_path / "ui" / "page.html").write_text("first")
    (tmp_path / "ui" / "build.cjs").write_text(SCRIPT)
    package = {"name": "ui", "version": "1.0.0", "scripts": {"build": "node build.cjs", "bad": "exit 7"}}
    (tmp_path / "ui" / "package.json").write_text(json.dumps(package))
    (tmp_path / "ui" / "package-lock.json").write_text(json.dumps(LOCK))
    return tmp_path


def run(checkout: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "deploy/ui.py", *arguments]
    return subprocess.run(command, cwd=checkout, capture_output=True, text=True)


def served(checkout: Path) -> str:
    return (checkout / "stroem/server/ui/dist/index.html").read_text()


def test_it_builds_once_and_again_after_a_change(checkout: Path) -> None:
    first = run(checkout, "build")
    assert (first.returncode, first.stderr) == (0, "")
    assert "Building the web UI" in first.stdout
    assert served(checkout) == "first"
    again = run(checkout, "build")
    assert (again.returncode, again.stdout, again.stderr) == (0, "", "")
    (checkout / "ui" / "page.html").write_text("second")
    assert "Building" in run(checkout, "build").stdout
    assert served(checkout) == "second"
    (checkout / "schemas" / "openapi.json").write_text("{ }")
    assert "Building" in run(checkout, "build").stdout


def test_a_failure_is_told_and_leaves_the_former_ui(checkout: Path) -> None:
    (checkout / "ui" / "build.cjs").write_text("throw new Error('no memory')")
    failed = run(checkout, "build")
    assert failed.returncode == 1
    assert "The web UI is not built: `npm run build` in ui/ failed:" in failed.stderr
    assert "no memory" in failed.stderr
    tolerated = run(checkout, "build", "--optional")
    assert tolerated.returncode == 0
    assert "no memory" in tolerated.stderr
    assert "Strøm starts without it" in tolerated.stderr
    (checkout / "ui" / "build.cjs").write_text(SCRIPT)
    assert run(checkout, "build").returncode == 0
    (checkout / "ui" / "build.cjs").write_text("throw new Error('no memory')")
    assert "with the UI of an earlier build" in run(checkout, "build", "--optional").stderr
    assert served(checkout) == "first"


def test_packages_that_cannot_be_fetched_are_told(checkout: Path) -> None:
    (checkout / "ui" / ".npmrc").write_text("registry=http://127.0.0.1:9/\ncache=${HOME}/none\nprefer-offline=false\n")
    needed = {"version": "1.0.0", "integrity": "sha512-AAAA"}
    packages = {"": {**LOCK["packages"][""], "dependencies": {"left": "1.0.0"}}, "node_modules/left": needed}
    (checkout / "ui" / "package-lock.json").write_text(json.dumps({**LOCK, "packages": packages}))
    package = json.loads((checkout / "ui" / "package.json").read_text())
    (checkout / "ui" / "package.json").write_text(json.dumps({**package, "dependencies": {"left": "1.0.0"}}))
    done = run(checkout, "build", "--optional")
    assert done.returncode == 0
    assert "The web UI is not built: `npm ci" in done.stderr
    assert "ECONNREFUSED" in done.stderr


def test_scripts_end_with_their_exit_code(checkout: Path) -> None:
    assert run(checkout, "run", "bad").returncode == 7
    assert run(checkout, "run", "build").returncode == 0


def test_a_checkout_without_ui_is_told(checkout: Path) -> None:
    shutil.rmtree(checkout / "ui")
    done = run(checkout, "build", "--optional")
    assert done.returncode == 0
    assert "there is no folder" in done.stderr


def test_the_tests_of_a_file_share_a_process(request: pytest.FixtureRequest) -> None:
    if "PYTEST_XDIST_WORKER" in os.environ:
        assert request.node.nodeid.endswith("@ui-test_build"), "pytest-xdist does not group the tests"
