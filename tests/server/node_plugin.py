"""A dialect of JSON files with nodes, as a plugin: `{TASK: [NODE, …]}`."""

from collections.abc import Sequence
from typing import ClassVar

import orjson

from stroem.conversion.structure import make_converter
from stroem.definitions.task import DialectTask, Step, Task
from stroem.definitions.workspace import Definitions
from stroem.hookspecs import hookimpl
from stroem.interfaces.dialect import Dialect, Flow
from stroem.interfaces.nodes import Node
from stroem.interfaces.parsed_file import ParsedFile

_CONVERTER = make_converter(unknown_keys=False)


class NodeDialect(Dialect):
    """Tasks that are written as nodes."""

    name: ClassVar[str] = "nodes"
    endings: ClassVar[tuple[str, ...]] = (".nodes.json",)

    def parse(self, path: str, data: bytes) -> ParsedFile:
        tasks: dict[str, Task] = {name: _task(nodes) for name, nodes in orjson.loads(data).items()}
        return ParsedFile(path=path, definitions=Definitions(tasks=tasks))

    def compile(self, name: str, task: Task, definitions: Definitions) -> Flow:
        assert isinstance(task, DialectTask)
        return Flow(nodes=_CONVERTER.structure(task.program, tuple[Node, ...]))


def _task(nodes: Sequence[dict[str, str]]) -> DialectTask:
    flow = {node["name"]: Step(action=node["action"]) for node in nodes if "action" in node}
    return DialectTask(flow=flow, dialect=NodeDialect.name, program=list(nodes))


@hookimpl
def stroem_dialects() -> list[type[NodeDialect]]:
    return [NodeDialect]
