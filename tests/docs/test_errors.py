"""docs/reference/errors.md has a row for every error and for every code of a mistake."""

import ast
import inspect
from collections.abc import Iterator
from pathlib import Path

from stroem import errors
from stroem.interfaces.runner import RunnerFailed, RunnerLost
from stroem.interfaces.source import SourceUnavailable
from stroem.server.http.errors import code_of
from tests.docs.page import DOCS, ROOT, Page, codes, rows

PAGE = Page(DOCS / "reference/errors.md")
CLASSES = {
    name: cls for name, cls in vars(errors).items() if inspect.isclass(cls) and issubclass(cls, errors.StroemError)
}
API, PROGRAMS = "Of the HTTP API", "Of programs"
SERVER_ONLY = {"method-not-allowed", "internal"}
"""Codes that no class of ours has."""
TAKE_A_CODE_FIRST = {"Unreadable", "_flaw", "_invalid"}


def _classes(title: str, column: int) -> set[str]:
    return {name for row in rows(PAGE.section(title)) for name in codes(row[column])}


def test_every_class_has_one_row() -> None:
    api, programs = _classes(API, 2), _classes(PROGRAMS, 0)
    assert api | programs == {*CLASSES}
    assert not api & programs


def test_codes_and_statuses_are_true() -> None:
    for row in rows(PAGE.section(API)):
        code, status = codes(row[0])[0], int(row[1])
        if names := codes(row[2]):
            assert code == code_of(CLASSES[names[0]])
            assert status == CLASSES[names[0]].status
        else:
            assert code in SERVER_ONLY


def test_the_exceptions_of_plugins_are_told() -> None:
    assert _classes("Of runners and sources", 0) == {
        RunnerFailed.__name__,
        RunnerLost.__name__,
        SourceUnavailable.__name__,
    }


def _texts(node: ast.AST) -> Iterator[str]:
    """The texts that an expression may come to: itself, or both sides of a choice."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from (*_texts(node.body), *_texts(node.orelse))


def _codes_in(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Call):
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if called in TAKE_A_CODE_FIRST and node.args:
                yield from _texts(node.args[0])
            yield from (text for word in node.keywords if word.arg == "code" for text in _texts(word.value))
        elif isinstance(node, ast.Assign) and [getattr(target, "id", "") for target in node.targets] == ["code"]:
            yield from _texts(node.value)


def test_every_code_of_a_mistake_has_its_row_and_no_other() -> None:
    rooms = ("conversion", "dialects", "reconciler", "validation")
    files = [file for room in rooms for file in (ROOT / "stroem" / room).rglob("*.py")]
    files += [file for file in ROOT.glob("plugins/*/stroem_*/**/*.py") if "OptionFault" in file.read_text()]
    known = {code for file in files for code in _codes_in(file)} - {""}
    assert len(known) > 40
    told = [codes(row[0])[0] for row in rows(PAGE.section("Mistakes in workflow files"))]
    assert told == sorted(told)
    assert {*told} == known
