"""Tasks: steps, their dependencies, and hooks."""

from typing import Literal

import attrs

from stroem.definitions.artifacts import Artifacts
from stroem.definitions.cache import Cache
from stroem.definitions.field import InputField
from stroem.definitions.limit import Concurrency
from stroem.definitions.retry import Retry
from stroem.definitions.values import Json
from stroem.definitions.volume import Volume

INLINE_PREFIX = "_inline:"


def inline_action_name(task: str, step: str) -> str:
    """The name under which an action written inside a step is kept: `_inline:{task}:{step}`."""
    return f"{INLINE_PREFIX}{task}:{step}"


def is_inline(action: str) -> bool:
    """Whether a name is that of an inline action, `_inline:{task}:{step}`.

    Those of a library's tasks have the library's name before it (`{library}._inline:{task}:{step}`).
    """
    return action.startswith(INLINE_PREFIX) or f".{INLINE_PREFIX}" in action


def inline_place(action: str) -> tuple[str, str]:
    """The task and the step in which an inline action is written."""
    library, _, rest = action.partition(INLINE_PREFIX)
    task, _, step = rest.rpartition(":")
    return f"{library}{task}", step


@attrs.frozen(kw_only=True)
class Hook:
    """An action that runs when a job reaches a state."""

    action: str
    input: dict[str, Json] = attrs.Factory(dict)


DependencyCondition = Literal["success", "failure", "always", "skipped"]
"""The end of a dependency that a step asks for: completed, failed, any, skipped."""


@attrs.frozen(kw_only=True)
class Step:
    """A step of a flow. `timeout` is in seconds.

    `depends_on_conditions` are those of dependencies that are written as a map; of others, any end but a failure will
    do. A step with `for_each` or `matrix` runs once for each item, with `while` or `until` at most `max_rounds` times.
    A group has no action; its steps are in the flow beside it, under keys of `flow_paths`, by which they depend on one
    another. `limits` names limits of which the step, or each iteration of its loop, takes a slot.
    """

    action: str
    name: str | None = None
    description: str | None = None
    depends_on: tuple[str, ...] = ()
    depends_on_conditions: dict[str, DependencyCondition] = attrs.Factory(dict)
    input: dict[str, Json] = attrs.Factory(dict)
    continue_on_failure: bool = False
    timeout: int | None = None
    when: str | None = None
    for_each: Json = None
    matrix: dict[str, Json] | None = None
    sequential: bool = False
    max_concurrency: int | None = None
    fail_fast: bool = False
    while_: str | None = None
    until: str | None = None
    max_rounds: int = 100
    is_group: bool = False
    retry: Retry | None = None
    artifacts: Artifacts | None = None
    cache: Cache | None = None
    limits: tuple[str, ...] = ()

    @property
    def is_loop(self) -> bool:
        """Whether the step runs once for each item of a list."""
        return self.for_each is not None or self.matrix is not None

    @property
    def repeats(self) -> bool:
        """Whether the step runs again until a condition is met."""
        return self.while_ is not None or self.until is not None


@attrs.frozen(kw_only=True)
class Task:
    """A DAG of steps with its input. `timeout` is in seconds and counts from the job's creation.

    The steps of `finally_` run once those of the flow have ended, however. Those of a job with a `volume` share a
    folder, also with `mode: local`. `limits` names limits of which a job takes a slot. Jobs of a greater `priority` go
    first. Steps of the workspaces in `callable_from` may start it; `*` is every workspace.
    """

    flow: dict[str, Step]
    finally_: dict[str, Step] = attrs.Factory(dict)
    name: str | None = None
    description: str | None = None
    mode: Literal["distributed", "local"] = "distributed"
    volume: Volume | None = None
    folder: str | None = None
    input: dict[str, InputField] = attrs.Factory(dict)
    timeout: int | None = None
    retry: Retry | None = None
    concurrency: Concurrency | None = None
    limits: tuple[str, ...] = ()
    priority: int = 0
    callable_from: tuple[str, ...] = ()
    on_success: tuple[Hook, ...] = ()
    on_error: tuple[Hook, ...] = ()
    on_suspended: tuple[Hook, ...] = ()
    on_cancel: tuple[Hook, ...] = ()

    @property
    def job_volume(self) -> Volume | None:
        """The volume of its jobs: a task in one place has one of its own accord."""
        return self.volume or (Volume() if self.mode == "local" else None)

    @property
    def job_mode(self) -> Literal["distributed", "local"]:
        """The mode of its jobs: steps that share a volume stay on one worker."""
        return "distributed" if self.job_volume is None else "local"

    def may_be_called_from(self, workspace: str) -> bool:
        """True if steps of another workspace may start the task."""
        return workspace in self.callable_from or "*" in self.callable_from

    @property
    def steps(self) -> dict[str, Step]:
        """The steps of the flow and of `finally`."""
        return {**self.flow, **self.finally_}


YAML = "yaml"
"""The name of the dialect of tasks whose steps depend on one another."""


@attrs.frozen(kw_only=True)
class DialectTask(Task):
    """A task of another dialect than YAML.

    `flow` are its steps that use actions, so that their actions and inputs are known to all; the order of its steps is
    in `program`, which only its dialect reads. `program` names no action.
    """

    dialect: str
    program: Json = None


def dialect_of(task: Task) -> str:
    """The name of the dialect that compiles a task."""
    return task.dialect if isinstance(task, DialectTask) else YAML
