"""Plans: compiled tasks, pinned by jobs for their whole life."""

import attrs

from stroem.definitions.action import Action
from stroem.definitions.connection import Connection, ConnectionProperty
from stroem.definitions.field import InputField
from stroem.definitions.values import Json


@attrs.frozen(kw_only=True)
class PlannedStep:
    """One step of a plan. `depends_on` and `dependents` are positions in `TaskPlan.steps`.

    `ability` (`script`, `docker`, …) and `tags` are required of the worker;
    `timeout` is in seconds; `refers_to` are the positions of the steps whose outputs its templates read.
    """

    name: str
    action: str
    depends_on: tuple[int, ...] = ()
    dependents: tuple[int, ...] = ()
    refers_to: tuple[int, ...] = ()
    continue_on_failure: bool = False
    input: dict[str, Json] = attrs.Factory(dict)
    timeout: int | None = None
    ability: str = "script"
    tags: tuple[str, ...] = ()
    title: str | None = None
    description: str | None = None


@attrs.frozen(kw_only=True)
class TaskPlan:
    """A task with everything that it needs of its workspace. Content-addressed: equal plans are stored once.

    `secrets` are those that its templates read; `connections` those of the types that its inputs take.
    """

    task: str
    steps: tuple[PlannedStep, ...]
    actions: dict[str, Action]
    input: dict[str, InputField] = attrs.Factory(dict)
    secrets: dict[str, Json] = attrs.Factory(dict)
    connections: dict[str, Connection] = attrs.Factory(dict)
    connection_types: dict[str, dict[str, ConnectionProperty]] = attrs.Factory(dict)
    mode: str = "distributed"
    timeout: int | None = None
