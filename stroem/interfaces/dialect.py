"""Interface of dialects, the ways to write workflows."""

from collections.abc import Mapping
from typing import ClassVar, Literal, Protocol

import attrs

from stroem.definitions.task import Task
from stroem.definitions.workspace import Definitions
from stroem.interfaces.nodes import Node
from stroem.interfaces.parsed_file import ParsedFile
from stroem.interfaces.triggers.trigger_type import TriggerType

MAX_STEPS = 100_000
"""Most steps of a job, unless its task has another limit."""


@attrs.frozen(kw_only=True)
class Flow:
    """The steps of a task as nodes; a node's number is its position.

    Without what follows from the definitions: `reads`, and the `ability` and `tags` of actions. `output` of a job:
    `map` (outputs of the nodes without edges, by name) or `last` (of the step that ended last). A job of more than
    `max_steps` steps fails.
    """

    nodes: tuple[Node, ...]
    output: Literal["map", "last"] = "map"
    max_steps: int = MAX_STEPS


class Dialect(Protocol):
    """A way to write workflows: files to definitions, and the flow of a task to nodes.

    `name` is that of `DialectTask.dialect`. `endings` are those of its files (`.machine.yaml`); of several dialects,
    the one with the longest ending reads a file. Both methods are pure, and run in threads. `trigger_types` are the
    installed types of triggers by name, set before the first call.
    """

    name: ClassVar[str]
    endings: ClassVar[tuple[str, ...]]
    trigger_types: Mapping[str, type[TriggerType]] = {}

    def parse(self, path: str, data: bytes) -> ParsedFile:
        """The definitions of a file, with all its mistakes. Never raises, for any bytes."""
        ...

    def compile(self, name: str, task: Task, definitions: Definitions) -> Flow:
        """The nodes of a task of this dialect. Raises `NotRunnable` for one that cannot run here."""
        ...
