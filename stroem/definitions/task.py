"""Tasks: steps, their dependencies, and hooks."""

from typing import Literal

import attrs

from stroem.definitions.field import InputField
from stroem.definitions.retry import Retry
from stroem.definitions.values import Json

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


@attrs.frozen(kw_only=True)
class Step:
    """A step of a flow. `timeout` is in seconds."""

    action: str
    name: str | None = None
    description: str | None = None
    depends_on: tuple[str, ...] = ()
    input: dict[str, Json] = attrs.Factory(dict)
    continue_on_failure: bool = False
    timeout: int | None = None
    when: str | None = None
    for_each: Json = None
    sequential: bool = False
    retry: Retry | None = None


@attrs.frozen(kw_only=True)
class Task:
    """A DAG of steps with its input. `timeout` is in seconds and counts from the job's creation.

    The steps of `finally_` run once those of the flow have ended, however.
    """

    flow: dict[str, Step]
    finally_: dict[str, Step] = attrs.Factory(dict)
    name: str | None = None
    description: str | None = None
    mode: Literal["distributed", "local"] = "distributed"
    folder: str | None = None
    input: dict[str, InputField] = attrs.Factory(dict)
    timeout: int | None = None
    retry: Retry | None = None
    on_success: tuple[Hook, ...] = ()
    on_error: tuple[Hook, ...] = ()
    on_suspended: tuple[Hook, ...] = ()
    on_cancel: tuple[Hook, ...] = ()

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
