"""The choice among dialects, and dialects of plugins that fail."""

from typing import ClassVar

import pytest

from stroem.definitions.task import DialectTask, Step, Task
from stroem.definitions.workspace import Definitions
from stroem.dialects.installed import InstalledDialects
from stroem.dialects.size_budget import Allowance
from stroem.dialects.stroem_yaml.dialect import YamlDialect
from stroem.engine.dag import dag
from stroem.errors import NotRunnable
from stroem.interfaces.dialect import Dialect, Flow
from stroem.interfaces.parsed_file import Cost, ParsedFile


class Lines(Dialect):
    """Tasks by name, one a line."""

    name: ClassVar[str] = "lines"
    endings: ClassVar[tuple[str, ...]] = (".tasks", ".tasks.yaml")

    def parse(self, path: str, data: bytes) -> ParsedFile:
        tasks: dict[str, Task] = {name: DialectTask(flow={}, dialect="lines") for name in data.decode().split()}
        return ParsedFile(path=path, definitions=Definitions(tasks=tasks), cost=Cost(values=len(tasks)))

    def compile(self, name: str, task: Task, definitions: Definitions) -> Flow:
        raise ZeroDivisionError("no lines")


DIALECTS = InstalledDialects({"yaml": YamlDialect(), "lines": Lines()})


def test_the_longest_ending_decides() -> None:
    paths = [f".workflows/a{ending}" for ending in (".yaml", ".tasks.yaml", ".tasks", ".txt", ".tasks.yml")]
    found = DIALECTS.workflow_files(paths)
    assert found == sorted(set(paths) - {".workflows/a.txt"})
    parsed = {path: DIALECTS.parse(path, b"one two") for path in found}
    are_lines = {path for path, file in parsed.items() if file.definitions and file.definitions.tasks}
    assert are_lines == {".workflows/a.tasks", ".workflows/a.tasks.yaml"}


def test_digest_and_bytes_are_those_of_the_file() -> None:
    parsed = DIALECTS.parse("a.tasks", b"one two")
    assert parsed.digest == "8ab63e29a4ba14e4e1688f9c15e5af90895421358c945b0431f85d66977bd3d2"
    assert parsed.is_current(DIALECTS.parse("b.tasks", b"one two").digest)
    assert not parsed.is_current(DIALECTS.parse("a.tasks", b"one").digest)
    assert parsed.cost == Cost(bytes=7, values=2)


def test_a_file_that_does_not_fit_is_broken_with_all_that_it_defines() -> None:
    parsed = DIALECTS.parse("a.tasks", b"one two", Allowance(values=1))
    assert (parsed.definitions, parsed.crowded) == (None, True)
    assert parsed.broken == {("tasks", "one"), ("tasks", "two")}
    assert [problem.code for problem in parsed.problems] == ["too-large"]


def test_a_dialect_that_raises_is_a_mistake_of_the_file() -> None:
    (problem,) = DIALECTS.parse("a.tasks", b"\xff").problems
    assert problem.code == "dialect-failed"
    assert problem.message.startswith("the dialect 'lines' failed to read this file: UnicodeDecodeError")


def test_a_task_is_compiled_by_its_dialect() -> None:
    definitions = Definitions()
    task = Task(flow={"s": Step(action="a")})
    assert DIALECTS.flow("t", task, definitions) == dag("t", task, definitions)
    with pytest.raises(NotRunnable, match="the dialect 'lines' failed to compile it: ZeroDivisionError: no lines"):
        DIALECTS.flow("t", DialectTask(flow={}, dialect="lines"), definitions)
    with pytest.raises(NotRunnable, match="no installed plugin brings the dialect 'other'"):
        DIALECTS.flow("t", DialectTask(flow={}, dialect="other"), definitions)
