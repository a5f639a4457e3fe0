"""Every link inside the prose leads somewhere."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docs.page import DOCS, ROOT, Page, pages

_LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")


def _slug(title: str, taken: set[str]) -> str:
    """The anchor that GitHub makes of a heading."""
    plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", title).replace("`", "")
    slug = re.sub(r"[^\w\- ]", "", plain.lower()).strip().replace(" ", "-")
    number, unique = 0, slug
    while unique in taken:
        number += 1
        unique = f"{slug}-{number}"
    taken.add(unique)
    return unique


def _anchors(page: Page) -> set[str]:
    taken: set[str] = set()
    for title in page.headings():
        _slug(title, taken)
    return taken


def _broken(page: Page) -> Iterator[str]:
    for target in _LINK.findall(page.prose):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        file = (page.path.parent / path).resolve() if path else page.path
        if not file.exists() or not file.is_relative_to(ROOT) or (anchor and anchor not in _anchors(Page(file))):
            yield target


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.name)
def test_every_relative_link_resolves(page: Page) -> None:
    assert [*_broken(page)] == []


def test_every_page_is_in_the_index() -> None:
    index = Page(DOCS / "README.md")
    named = {(DOCS / target).resolve() for target in _LINK.findall(index.prose)}
    assert {*DOCS.rglob("*.md")} - {index.path} == named


@pytest.mark.parametrize("page", sorted((DOCS / "decisions").glob("*.md")), ids=lambda path: path.stem)
def test_a_decision_fits_on_a_screen(page: Path) -> None:
    text = page.read_text()
    assert len(text.splitlines()) <= 40
    assert re.match(rf"# {int(page.name[:4])}\. ", text)
    for part in ("**Context.**", "**Decision.**", "**Consequences.**"):
        assert part in text


def test_contributing_is_short() -> None:
    assert len((ROOT / "CONTRIBUTING.md").read_text().splitlines()) < 100
