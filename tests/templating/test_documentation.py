"""docs/reference/templates.md names everything, and every example in it is true."""

import json
import re
from pathlib import Path

import pytest

from stroem.templating.budget import Budget
from stroem.templating.filters.display import to_text
from stroem.templating.filters.functions import FUNCTIONS
from stroem.templating.filters.registry import FILTERS
from stroem.templating.filters.tests import TESTS
from stroem.templating.template import render

PAGE = (Path(__file__).parents[2] / "docs/reference/templates.md").read_text()
CONTEXT = json.loads(re.search(r"```json\n(.*?)```", PAGE, re.DOTALL)[1])
EXAMPLES = [line for block in re.findall(r"```jinja\n(.*?)```", PAGE, re.DOTALL) for line in block.splitlines()]
TYPED = re.findall(r"^\| `\"(.*)\"` \| `(.*)` \|$", PAGE, re.MULTILINE)


def _section(title: str) -> str:
    return re.search(rf"^## {title}\n(.*?)(?=^## |\Z)", PAGE, re.DOTALL | re.MULTILINE)[1]


@pytest.mark.parametrize(("title", "known"), [("Filters", FILTERS), ("Functions", FUNCTIONS), ("Tests", TESTS)])
def test_everything_has_its_heading_and_an_example(title: str, known: dict[str, object]) -> None:
    sections = re.findall(r"^### `(\w+)`\n(.*?)(?=^### |\Z)", _section(title), re.DOTALL | re.MULTILINE)
    assert [name for name, _ in sections] == sorted(known)
    for name, body in sections:
        assert re.search(rf"```jinja\n.*\b{name}\b", body), name


@pytest.mark.parametrize("example", EXAMPLES)
def test_the_examples_are_true(example: str) -> None:
    template, expected = re.split(r" +→ ", example, maxsplit=1)
    text = to_text(render(template, CONTEXT, steps={"build-app"}), Budget())
    assert text.rstrip(" ").replace("\n", "⏎") == expected


@pytest.mark.parametrize(("template", "expected"), TYPED)
def test_the_types_are_true(template: str, expected: str) -> None:
    assert render(template.replace(r"\|", "|"), CONTEXT) == json.loads(expected)


def test_the_page_has_typed_examples() -> None:
    assert len(TYPED) == 4
    assert len(EXAMPLES) > len(FILTERS) + len(FUNCTIONS) + len(TESTS)
