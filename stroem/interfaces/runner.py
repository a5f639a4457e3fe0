"""What runs a step on a worker."""

import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar, Literal, Protocol

import attrs

from stroem.definitions.action import Action
from stroem.definitions.values import Json

Stream = Literal["stdout", "stderr"]


@attrs.frozen(kw_only=True)
class StepOrder:
    """All that a runner is told about a step.

    `action` has its templates rendered. `directory` is the step's own directory, holding the files of its
    workspace, and `scratch` one beside it for temporary files; what a step leaves in them is removed when it
    is over. `source` is the absolute path of the action's script file, if it has one. `env` is the whole
    environment that the workflow asks for; a runner adds only what its system needs (PATH, HOME).
    `grace_secs` is the time between asking what runs to end and forcing it. `options` are the action's own
    settings for this runner, an instance of the runner's `Options`.
    """

    job_id: uuid.UUID
    workspace: str
    task: str
    step: str
    attempt: int
    action: Action
    input: Json
    env: Mapping[str, str]
    directory: Path
    scratch: Path
    grace_secs: float = 10
    source: Path | None = None
    options: object = None


class OutputWriter(Protocol):
    """Takes what a step prints. Waits when the step prints faster than its log can be kept."""

    async def write(self, stream: Stream, data: bytes) -> None:
        """Takes bytes as they come; lines may be cut anywhere, and need not be UTF-8."""


class Runner(Protocol):
    """Runs steps on a worker. A runner is an attrs class; its fields are what the operator may set under
    `runners.{name}` in the worker's settings, each with a default.

    `name` is what an action says under `runner:`; `ability` what a worker must offer to get such steps
    (`script` for the local shell); `Options` an attrs class of what an action may say under `options:`,
    None when there is nothing. A constructor may refuse options with `ValueError`. A field `user` that is set says
    that steps run as another user of this machine: the worker then lets users pass through its folder to a
    step's directories.
    """

    name: ClassVar[str]
    ability: ClassVar[str]
    Options: ClassVar[type | None]

    async def run(self, order: StepOrder, output: OutputWriter) -> int:
        """Runs the step to its end and returns its exit code (negative: ended by that signal).

        All output is written before it returns. When cancelled it ends everything it started, first
        gently, then by force, and only then raises `asyncio.CancelledError`. Raises `RunnerFailed`
        when the step could not be run at all.
        """
        ...


class RunnerFailed(Exception):
    """The step could not be run. The message says why and what to do."""
