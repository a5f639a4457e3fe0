"""Which files of a workspace are read."""

import pytest

from stroem.dialects.yaml_dialect import is_workflow_file, locate, parse, workflow_files


def test_files_below_the_folder_are_read_and_no_others() -> None:
    paths = [".workflows/b.yml", "compose.yaml", ".workflows/a/x.yaml", ".workflows/readme.md", "run.sh"]
    assert workflow_files(paths) == [".workflows/a/x.yaml", ".workflows/b.yml"]
    assert [path for path in paths if is_workflow_file(path, paths)] == [".workflows/b.yml", ".workflows/a/x.yaml"]


def test_without_the_folder_the_root_is_read() -> None:
    paths = ["a.yaml", "sub/b.yml", ".github/ci.yaml", "_libraries/x/c.yaml", "x.json"]
    assert workflow_files(paths) == ["a.yaml", "sub/b.yml"]
    assert [path for path in paths if is_workflow_file(path, paths)] == ["a.yaml", "sub/b.yml"]


@pytest.mark.parametrize(("folders", "is_read"), [(9, True), (10, False)])
def test_ten_levels_are_read(folders: int, is_read: bool) -> None:
    path = ".workflows/" + "d/" * folders + "a.yaml"
    assert bool(workflow_files([path])) is is_read


def test_encrypted_files_are_skipped_with_a_warning() -> None:
    assert workflow_files([".workflows/s.sops.yaml", ".workflows/.sops.yaml"]) == [".workflows/s.sops.yaml"]
    (problem,) = parse(".workflows/s.sops.yaml", b"anything: [").problems
    assert (problem.code, problem.severity) == ("encrypted-file", "warning")


def test_places_of_values() -> None:
    data = b"tasks:\n  a:\n    flow:\n      x: {depends_on: [b, c]}\n"
    assert locate(data, ("tasks", "a", "flow", "x", "depends_on", 1)) == (4, 27)
    assert locate(data, ("tasks", "a", "flow")) == (3, 5)
    assert locate(data, ("tasks", "a", "flow", "nothing")) == (3, 5)
    assert locate(b"a: [", ("a",)) == (1, 1)
