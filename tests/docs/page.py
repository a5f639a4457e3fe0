"""A page of prose, taken apart: headings, tables, code."""

import re
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

import attrs

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"

_FENCE = re.compile(r"^(`{3,})([^\n`]*)\n(.*?)^\1$", re.DOTALL | re.MULTILINE)
_HEADING = re.compile(r"^(#+) (.*)$", re.MULTILINE)
_CODE = re.compile(r"`([^`\n]+)`")


@attrs.frozen(kw_only=True)
class Block:
    """A fenced block: the word behind the fence, the marks behind that, and what is inside."""

    page: str
    line: int
    language: str
    marks: tuple[str, ...]
    text: str

    def mark(self, name: str) -> str | None:
        """The value of a mark `name=value`."""
        return next((mark.partition("=")[2] for mark in self.marks if mark.startswith(f"{name}=")), None)

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


@attrs.define(slots=False)
class Page:
    """One file of Markdown."""

    path: Path

    @cached_property
    def text(self) -> str:
        return self.path.read_text(encoding="utf-8")

    @property
    def name(self) -> str:
        """The path from the top of the repository."""
        return self.path.relative_to(ROOT).as_posix()

    @cached_property
    def prose(self) -> str:
        """The text without its fenced blocks; lines keep their numbers."""
        return _FENCE.sub(lambda match: "\n" * match[0].count("\n"), self.text)

    @cached_property
    def blocks(self) -> tuple[Block, ...]:
        return tuple(self._blocks())

    def headings(self) -> list[str]:
        """The titles of all sections, as they are written."""
        return [match[2] for match in _HEADING.finditer(self.prose)]

    def section(self, title: str) -> str:
        """What stands under a heading, with the sections inside it."""
        found = next(match for match in _HEADING.finditer(self.prose) if match[2] == title)
        following = re.compile(rf"^#{{1,{len(found[1])}}} ", re.MULTILINE).search(self.prose, found.end())
        return self.prose[found.end() : following.start() if following else None]

    def own(self, title: str) -> str:
        """What stands under a heading, up to the next heading of any kind."""
        return _HEADING.split(self.section(title))[0]

    def _blocks(self) -> Iterator[Block]:
        for match in _FENCE.finditer(self.text):
            language, *marks = match[2].split() or [""]
            line = self.text.count("\n", 0, match.start()) + 1
            yield Block(page=self.name, line=line, language=language, marks=tuple(marks), text=match[3])


def rows(text: str) -> list[list[str]]:
    """The rows of all tables in a text, without their heads."""
    found: list[list[str]] = []
    for line in text.splitlines():
        if line.startswith("|"):
            found.append([cell.replace(r"\|", "|").strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]])
    rules = {number for number, row in enumerate(found) if all(re.fullmatch(r":?-+:?", cell) for cell in row)}
    return [row for number, row in enumerate(found) if number not in rules and number + 1 not in rules]


def codes(text: str) -> list[str]:
    """Everything that stands between backticks."""
    return _CODE.findall(text)


def first_codes(text: str) -> list[str]:
    """The first cell's code, of every row of a table that has one there."""
    return [found[0] for row in rows(text) if (found := codes(row[0]))]


def pages() -> list[Page]:
    """All pages of the project."""
    own = [ROOT / name for name in ("README.md", "CHANGELOG.md", "CONTRIBUTING.md")]
    return [Page(path) for path in (*own, *sorted(DOCS.rglob("*.md")), *sorted(ROOT.glob("plugins/*/README.md")))]
