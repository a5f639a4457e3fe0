"""Every target of make that the prose names is there."""

import re

from tests.docs.page import DOCS, ROOT, Page, codes


def test_every_target_exists() -> None:
    targets = {*re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)}
    pages = [Page(path) for path in (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *DOCS.rglob("*.md"))]
    named = {match for page in pages for match in re.findall(r"^\$ make ([a-z-]+)", page.text, re.MULTILINE)}
    named |= {code.split()[1] for page in pages for code in codes(page.prose) if code.startswith("make ")}
    assert named >= {"up", "install", "test", "test-all", "check", "bench"}
    assert named <= targets
