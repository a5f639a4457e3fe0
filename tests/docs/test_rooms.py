"""The table of rooms in the explanation of the design, held to the packages that there are."""

import ast
import re
import tomllib
from pathlib import Path

import pytest

import stroem

ROOT = Path(stroem.__file__).parent
DESIGN = ROOT.parent / "docs" / "explanation" / "design.md"
PACKAGES = sorted(file.parent for file in ROOT.rglob("__init__.py") if file.parent != ROOT)
ROOMS = [str(package.relative_to(ROOT)) for package in PACKAGES if package.name != "migrations"]
MOST_FILES = 30


def test_the_table_has_each_room_and_no_other():
    rows = re.findall(r"^\| (.+?) \| (.+?) \|$", DESIGN.read_text().partition("## Rooms")[2], re.MULTILINE)[1:]
    named = [name for row in rows for name in re.findall(r"`([a-z_]+(?:/[a-z_]+)*)`", " ".join(row))]
    assert sorted(set(named) & set(ROOMS)) == sorted(ROOMS)
    assert [name for name in named if "/" in name and name not in ROOMS] == []
    assert [row[0] for row in rows if not set(re.findall(r"`([a-z_/]+)`", row[0])) <= set(ROOMS)] == []


def test_the_layers_are_those_of_the_contract():
    settings = tomllib.loads((ROOT.parent / "pyproject.toml").read_text())
    contracts = settings["tool"]["importlinter"]["contracts"]
    layers = next(each["layers"] for each in contracts if each.get("containers") == ["stroem"])
    assert DESIGN.read_text().partition("```layers\n")[2].partition("\n```")[0].splitlines() == layers


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_says_what_belongs_into_it(room):
    assert ast.get_docstring(ast.parse((ROOT / room / "__init__.py").read_text()))


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_is_not_crowded(room):
    assert len(list((ROOT / room).glob("*.py"))) <= MOST_FILES
