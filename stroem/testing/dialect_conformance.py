"""Conformance suite of dialects. A plugin's own tests subclass `DialectConformance` and pass.

class TestMachine(DialectConformance):
    dialect = MachineDialect
    files = {".workflows/ship.machine.yaml": b"ship: {start: pack, states: {pack: {action: pack}}}"}
    actions = {"pack": Action(type="script", script="make")}
"""

from collections.abc import Iterator, Mapping
from typing import ClassVar

import attrs
import pytest

from stroem.conversion import canonical
from stroem.definitions.action import Action
from stroem.definitions.task import Step, Task, dialect_of
from stroem.definitions.workspace import Definitions
from stroem.engine.compile import make_plan
from stroem.engine.plan import TaskPlan
from stroem.interfaces.dialect import Dialect
from stroem.interfaces.nodes import ROOT
from stroem.interfaces.parsed_file import ParsedFile
from stroem.testing.bounded import BoundedTests

ODD_FILES = {
    "empty": b"",
    "not UTF-8": b"\xff\xfe\x00",
    "NUL": b"\0" * 100,
    "a number": b"7",
    "a text": b"true",
    "a list": b"- [x, {a: null}]",
    "null entries": b"a:\nb:\n",
    "deep lists": b"[" * 100_000,
    "deep maps": b"{a: " * 100_000,
    "a long line": b"x" * 1_000_000,
    "an XML document": b"<?xml version='1.0'?><a><b/></a>",
    "a huge number": b"a: " + b"9" * 100_000,
}


class DialectConformance(BoundedTests):
    """Tests of a dialect.

    `dialect` is the class under test, `files` are valid files by path, with at least one task. `actions` are
    used by the files and not defined there.
    """

    dialect: ClassVar[type[Dialect]]
    files: ClassVar[Mapping[str, bytes]]
    actions: ClassVar[Mapping[str, Action]] = {}

    def parsed(self) -> list[ParsedFile]:
        """The files, parsed."""
        return [self.dialect().parse(path, data) for path, data in self.files.items()]

    def definitions(self) -> Definitions:
        """The definitions of all files, with `actions`."""
        found = [file.definitions for file in self.parsed() if file.definitions is not None]
        tasks = {name: task for one in found for name, task in one.tasks.items()}
        own = {name: action for one in found for name, action in one.actions.items()}
        return Definitions(tasks=tasks, actions={**self.actions, **own})

    def plans(self, definitions: Definitions) -> Iterator[tuple[Task, TaskPlan]]:
        """Each task with its plan."""
        dialect = self.dialect()
        for name, task in definitions.tasks.items():
            yield task, make_plan(name, definitions, {}, dialect.compile)

    def test_it_has_a_name_and_endings(self) -> None:
        assert isinstance(self.dialect().name, str)
        assert self.dialect.name
        assert isinstance(self.dialect.endings, tuple)
        assert self.dialect.endings
        assert all("." in ending for ending in self.dialect.endings)
        assert all(path.endswith(self.dialect.endings) for path in self.files)

    def test_valid_files_have_no_mistakes(self) -> None:
        for file in self.parsed():
            assert [problem for problem in file.problems if problem.severity == "error"] == []
            assert not file.broken
        tasks = self.definitions().tasks
        assert tasks
        assert {dialect_of(task) for task in tasks.values()} == {self.dialect.name}

    def test_a_file_says_the_same_twice(self) -> None:
        for first, second in zip(self.parsed(), self.parsed(), strict=True):
            assert (first.path, first.definitions, first.problems) == (second.path, second.definitions, second.problems)

    @pytest.mark.parametrize("kind", ODD_FILES)
    def test_an_odd_file_never_raises(self, kind: str) -> None:
        """A file without definitions has a mistake in its own place."""
        for path in self.files:
            found = self.dialect().parse(path, ODD_FILES[kind])
            assert isinstance(found, ParsedFile)
            assert found.definitions is not None or found.problems
            assert {problem.file for problem in found.problems} <= {path}
            assert found.path == path

    def test_half_a_file_never_raises(self) -> None:
        for path, data in self.files.items():
            for end in range(0, len(data), max(1, len(data) // 100)):
                assert isinstance(self.dialect().parse(path, data[:end]), ParsedFile)

    def test_tasks_compile(self) -> None:
        """Each scope starts somewhere, and a plan comes back from its JSON."""
        for _, plan in self.plans(self.definitions()):
            assert plan.nodes
            scopes = {ROOT, *(number for number, node in enumerate(plan.nodes) if node.kind in ("block", "loop"))}
            for scope in scopes:
                assert plan.entries(scope) or plan.nodes[scope].fragment is not None
            assert canonical.from_json(canonical.parse(canonical.to_bytes(plan)), TaskPlan) == plan

    def test_a_task_compiles_to_the_same_plan_twice(self) -> None:
        """Equal plans are stored once."""
        definitions = self.definitions()
        first, second = ([plan for _, plan in self.plans(definitions)] for _ in range(2))
        assert list(map(canonical.to_bytes, first)) == list(map(canonical.to_bytes, second))

    def test_actions_are_those_of_the_steps(self) -> None:
        """Everything else finds them there."""
        for task, plan in self.plans(self.definitions()):
            used = {node.action for node in plan.nodes if node.kind == "action"}
            assert used <= {step.action for step in task.steps.values()}

    def test_tasks_of_a_library_use_its_actions(self) -> None:
        """Only the steps have the names under which users know a library's actions."""
        definitions = self.definitions()
        tasks = {name: attrs.evolve(task, flow=_renamed(task.flow)) for name, task in definitions.tasks.items()}
        actions = {f"lib.{name}": action for name, action in definitions.actions.items()}
        for _, plan in self.plans(Definitions(tasks=tasks, actions=actions)):
            assert all(node.action.startswith("lib.") for node in plan.nodes if node.kind == "action")


def _renamed(flow: Mapping[str, Step]) -> dict[str, Step]:
    return {name: attrs.evolve(step, action=f"lib.{step.action}") for name, step in flow.items()}
