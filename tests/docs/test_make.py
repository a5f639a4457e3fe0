"""Every target of make that the prose names exists, and `make test` counts what it leaves out."""

import re
import subprocess
import sys

from tests.docs.page import DOCS, ROOT, Page, codes


def test_every_target_exists() -> None:
    targets = {*re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)}
    pages = [Page(path) for path in (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *DOCS.rglob("*.md"))]
    named = {match for page in pages for match in re.findall(r"^\$ make ([a-z-]+)", page.text, re.MULTILINE)}
    named |= {code.split()[1] for page in pages for code in codes(page.prose) if code.startswith("make ")}
    assert named >= {"up", "install", "test", "test-all", "check", "bench"}
    assert named <= targets


def test_what_is_left_to_test_all_is_counted_by_kind() -> None:
    arguments = [
        "--collect-only",
        "-q",
        "-p",
        "no:cacheprovider",
        "-m",
        "not slow",
        "tests/plugins/test_runner_suite.py",
    ]
    done = subprocess.run([sys.executable, "-m", "pytest", *arguments], cwd=ROOT, capture_output=True, text=True)
    assert "left to `make test-all`" in done.stdout
    assert "4 starts and stops whole programs" in done.stdout
    assert "4 slow tests in all" in done.stdout
