"""The pages of libraries, the guide and the reference are true."""

from pathlib import PurePosixPath

import pytest
import yaml

from stroem.definitions.library import path_in_library
from stroem.dialects.environment import Environment
from stroem.dialects.workspace_file.file import KEYS, parse_workspace_file
from stroem.dialects.workspace_file.library_refs import COMMON, OPTIONS
from stroem.validation.checker import validate
from stroem.validation.library import as_library
from tests.docs.page import DOCS, Block, Page, codes, first_codes, rows
from tests.libraries.conftest import LIBRARIES, NAMES
from tests.support.parsing import parse

GUIDE, REFERENCE = Page(DOCS / "guides/libraries.md"), Page(DOCS / "reference/yaml.md")
READMES = {name: Page(LIBRARIES / name / "README.md") for name in NAMES}
USES = [block for page in (GUIDE, *READMES.values()) for block in page.blocks if "uses-libraries" in block.marks]


def _definitions(name: str) -> dict[str, dict[str, dict[str, dict[str, object]]]]:
    found: dict[str, dict[str, dict[str, dict[str, object]]]] = {}
    for file in sorted((LIBRARIES / name / ".workflows").iterdir()):
        found |= yaml.safe_load(file.read_text())
    return found


@pytest.mark.parametrize("block", USES, ids=str)
def test_the_examples_are_valid(block: Block) -> None:
    texts = {".workflows/a.yaml": block.text.encode()}
    files = {path: parse(path, data) for path, data in texts.items()}
    paths = ["a"]
    for name in NAMES:
        for file in (LIBRARIES / name).rglob("*"):
            path = PurePosixPath(file.relative_to(LIBRARIES / name)).as_posix()
            paths.append(path_in_library(name, path))
            if path.startswith(".workflows/"):
                parsed = as_library(name, parse(path, file.read_bytes()))
                files[parsed.path], texts[parsed.path] = parsed, file.read_bytes()
    known = Environment(
        runners={"local": None}, files=frozenset(paths), libraries=frozenset(NAMES), workspaces=frozenset()
    )
    assert {problem.code for problem in validate(files, texts.__getitem__, known).problems} <= {"no-effect"}


@pytest.mark.parametrize("name", NAMES)
def test_every_input_has_its_row_and_its_default(name: str) -> None:
    sections = {action: title for title in READMES[name].headings() for action in codes(title) if ", the" not in title}
    for action, definition in _definitions(name)["actions"].items():
        told = {codes(row[0])[0]: row[1] for row in rows(READMES[name].section(sections[action])) if codes(row[0])}
        fields: dict[str, dict[str, object]] = definition["input"]  # type: ignore[assignment]
        assert [*told] == [*fields], action
        for field, row in told.items():
            default = fields[field].get("default")
            assert (row == "required") == bool(fields[field].get("required")), (action, field)
            if default not in ("", None):
                written = str(default).lower() if isinstance(default, bool) else str(default)
                assert row == f"`{written}`", (action, field)


@pytest.mark.parametrize("name", NAMES)
def test_every_property_of_a_connection_has_its_row(name: str) -> None:
    told: dict[str, list[str]] = {}
    kind = ""
    for row in rows(READMES[name].section("Connections")):
        kind = codes(row[0])[0] if codes(row[0]) else kind
        told.setdefault(kind, []).extend(codes(row[1]))
    types = _definitions(name)["connection_types"]
    assert told == {f"{name}.{kind}": [*properties] for kind, properties in types.items()}


def test_the_reference_has_every_key_of_the_file_that_names_libraries() -> None:
    keys, options = (table for table in _tables(REFERENCE.section("`.stroem.yaml`")))
    assert keys == [*KEYS]
    wanted = [*COMMON, *(key for record in OPTIONS.values() for key in record.converters)]
    assert sorted(options) == sorted(wanted)


def test_the_guide_names_libraries_as_a_workspace_does() -> None:
    blocks = [block for block in GUIDE.blocks if "workspace-file" in block.marks]
    assert blocks
    assert [parse_workspace_file(".stroem.yaml", block.text.encode()).problems for block in blocks] == [()]


def _tables(text: str) -> list[list[str]]:
    found: list[list[str]] = []
    for part in text.split("\n\n"):
        if names := first_codes(part):
            found.append(names)
    return found
