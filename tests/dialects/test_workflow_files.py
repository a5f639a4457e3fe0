"""Which files of a workspace are read."""

import pytest

from stroem.conversion.mistake import Mistake
from stroem.conversion.positions import Positions
from stroem.definitions.values import Path
from tests.support.dialects import YAML_ONLY
from tests.support.parsing import parse


def test_files_below_the_folder_are_read_and_no_others() -> None:
    paths = [".workflows/b.yml", "compose.yaml", ".workflows/a/x.yaml", ".workflows/readme.md", "run.sh"]
    assert YAML_ONLY.workflow_files(paths) == [".workflows/a/x.yaml", ".workflows/b.yml"]


def test_without_the_folder_the_root_is_read() -> None:
    paths = ["a.yaml", "sub/b.yml", ".github/ci.yaml", "_libraries/x/c.yaml", "x.json"]
    assert YAML_ONLY.workflow_files(paths) == ["a.yaml", "sub/b.yml"]


def test_the_file_that_names_libraries_is_no_workflow_file() -> None:
    assert YAML_ONLY.workflow_files([".stroem.yaml", ".stroem.yml", "a.yaml", "sub/.stroem.yaml"]) == [
        "a.yaml",
        "sub/.stroem.yaml",
    ]


@pytest.mark.parametrize(("folders", "is_read"), [(9, True), (10, False)])
def test_ten_levels_are_read(folders: int, is_read: bool) -> None:
    path = ".workflows/" + "d/" * folders + "a.yaml"
    assert bool(YAML_ONLY.workflow_files([path])) is is_read


def test_encrypted_files_are_skipped_with_a_warning() -> None:
    assert YAML_ONLY.workflow_files([".workflows/s.sops.yaml", ".workflows/.sops.yaml"]) == [".workflows/s.sops.yaml"]
    (problem,) = parse(".workflows/s.sops.yaml", b"anything: [").problems
    assert (problem.code, problem.severity) == ("encrypted-file", "warning")


@pytest.mark.parametrize(
    ("path", "at_key", "place"),
    [
        (("tasks", "a", "flow", "x", "depends_on", 1), False, (4, 27)),
        (("tasks", "a", "flow", "x", "action"), False, (4, 39)),
        (("tasks", "a", "flow", "x", "action"), True, (4, 31)),
        (("tasks", "a", "flow"), False, (3, 5)),
        (("tasks", "a", "flow", "nothing"), False, (3, 5)),
        ((), False, (1, 1)),
    ],
)
def test_places_of_values(path: Path, at_key: bool, place: tuple[int, int]) -> None:
    positions = Positions(b"tasks:\n  a:\n    flow:\n      x: {depends_on: [b, c], action: d}\n")
    assert positions.place(Mistake(code="", message="", path=path, at_key=at_key)) == place


def test_a_file_that_is_no_yaml_has_one_place() -> None:
    assert Positions(b"a: [").place(Mistake(code="", message="", path=("a",))) == (1, 1)
