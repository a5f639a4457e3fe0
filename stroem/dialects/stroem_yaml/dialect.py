"""Workflow files in YAML."""

import contextlib
import gc
from collections.abc import Iterable, Iterator
from typing import ClassVar

from stroem.conversion.mistake import Mistakes
from stroem.conversion.problem_places import flaw_problem, place, unreadable_problem
from stroem.conversion.suggestions import Suggester
from stroem.conversion.yaml import Unreadable, read_yaml
from stroem.definitions.task import YAML, Task
from stroem.definitions.values import Path
from stroem.definitions.workflow_folder import ENCRYPTED_ENDINGS, inferred_folder
from stroem.definitions.workspace import Definitions
from stroem.dialects.foreign_keys import foreign_hint
from stroem.dialects.recovered_names import salvage_names
from stroem.dialects.stroem_yaml.given_scalars import given_scalars
from stroem.dialects.stroem_yaml.triggers import TriggerTypes
from stroem.dialects.stroem_yaml.workflow import convert_workflow
from stroem.engine.dag import dag
from stroem.interfaces.dialect import Dialect, Flow
from stroem.interfaces.parsed_file import Cost, ParsedFile
from stroem.records.problem import Problem


class YamlDialect(Dialect):
    """Tasks in YAML, as a map of steps that depend on one another."""

    name: ClassVar[str] = YAML
    endings: ClassVar[tuple[str, ...]] = (".yaml", ".yml")

    def parse(self, path: str, data: bytes) -> ParsedFile:
        """The definitions of a file, with all its mistakes. Never raises, for any bytes."""
        return parse(path, data, self.trigger_types)

    def compile(self, name: str, task: Task, definitions: Definitions) -> Flow:
        """The nodes of a task. Raises `NotRunnable` for keys that do not run yet."""
        return dag(name, task, definitions)


def parse(path: str, data: bytes, types: TriggerTypes) -> ParsedFile:
    """The definitions of a file, with all its mistakes. Never raises, for any bytes.

    `types` are the types of triggers by name.
    """
    if path.endswith(ENCRYPTED_ENDINGS):
        problem = Problem(
            code="encrypted-file",
            message="encrypted files are not read",
            file=path,
            hint="declare secrets in a file that is not encrypted",
            severity="warning",
        )
        return ParsedFile(path=path, definitions=Definitions(), problems=(problem,))
    try:
        with _paused_collector():
            return _parse_yaml(path, data, types)
    except Unreadable as error:
        problem = unreadable_problem(path, error)
        return ParsedFile(path=path, definitions=None, problems=(problem,), broken=salvage_names(data))


def _parse_yaml(path: str, data: bytes, types: TriggerTypes) -> ParsedFile:
    document = read_yaml(data)
    mistakes = Mistakes(document.scalars, foreign_hint)
    definitions = convert_workflow(document.value, inferred_folder(path), mistakes, types)
    problems = [flaw_problem(path, flaw) for flaw in document.flaws]
    if mistakes:
        suggester = Suggester()
        problems += [placed.hinted(suggester, {}) for placed in place(path, data, mistakes)]
    return ParsedFile(
        path=path,
        definitions=definitions,
        problems=tuple(sorted(problems, key=lambda problem: (problem.line, problem.column))),
        broken=_broken([*(one.path for one in mistakes if one.severity == "error"), *(f.path for f in document.flaws)]),
        cost=Cost(values=document.count, repeated=document.repeated),
        scalars=given_scalars(document.scalars),
    )


@contextlib.contextmanager
def _paused_collector() -> Iterator[None]:
    """Parsing makes many objects and no cycles: looking for cycles meanwhile would cost a third of the time."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _broken(paths: Iterable[Path]) -> frozenset[tuple[str, str]]:
    return frozenset((str(path[0]), str(path[1])) for path in paths if len(path) > 1)
