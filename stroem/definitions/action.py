"""Actions: the work of steps."""

from typing import Literal

import attrs

from stroem.definitions.approvers import Approvers, Excluded
from stroem.definitions.artifacts import Artifacts
from stroem.definitions.cache import Cache
from stroem.definitions.field import InputField, OutputField
from stroem.definitions.retry import Retry
from stroem.definitions.values import Json

ActionType = Literal["script", "docker", "pod", "task", "agent", "approval", "wait", "signal"]
Language = Literal["shell", "python", "javascript", "typescript", "go"]
BUILT_IN_RUNNERS = ("local", "docker", "pod")


@attrs.frozen(kw_only=True)
class Resources:
    """Resources of a step; `cpu`, `memory` and `shm` (shared memory) in the notation of Kubernetes.

    They limit a container, and are taken from what a worker offers. `pids` is the number of processes; `gpus` a number
    of GPUs, or -1 for all. `named` are resources of the operator's choice, such as `license`, with their amounts.
    """

    cpu: str | None = None
    memory: str | None = None
    pids: int | None = None
    shm: str | None = None
    gpus: int = 0
    named: dict[str, str] = attrs.Factory(dict)


@attrs.frozen(kw_only=True)
class Tool:
    """A tool of an agent: a task, or the tools of an MCP server."""

    task: str | None = None
    mcp: str | None = None


@attrs.frozen(kw_only=True)
class StepToken:
    """A token for the API that is good while a step runs, for these `verbs` in the workspace of its job."""

    verbs: tuple[str, ...] = ()


@attrs.frozen(kw_only=True)
class Action:
    """An action in the spelling of the wire (`type: shell` is normalised to `script`).

    `runner` names the runner of a script action: local, docker, pod, or one that a plugin brings;
    `options` are that plugin's own settings. A task that a step starts is awaited unless `wait` is false; it is one of
    `workspace` if that is given. An approval has `on_reject`, `on_timeout`, and `remind`, in seconds; it needs the
    consent of `quorum` of its `approvers`, of whom `four_eyes` excludes some. A wait ends after the length `for` or at
    the time `until`, which are templates. A signal has the fields of its `payload`.
    """

    type: ActionType
    name: str | None = None
    description: str | None = None
    task: str | None = None
    workspace: str | None = None
    cmd: str | None = None
    script: str | None = None
    source: str | None = None
    runner: str | None = None
    options: dict[str, Json] = attrs.Factory(dict)
    language: Language | None = None
    dependencies: tuple[str, ...] = ()
    interpreter: str | None = None
    args: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    image: str | None = None
    command: tuple[str, ...] | None = None
    entrypoint: tuple[str, ...] | None = None
    env: dict[str, str] = attrs.Factory(dict)
    workdir: str | None = None
    resources: Resources | None = None
    input: dict[str, InputField] = attrs.Factory(dict)
    output: dict[str, OutputField] = attrs.Factory(dict)
    manifest: dict[str, Json] | None = None
    provider: str | None = None
    model: str | None = None
    system_prompt: str | None = None
    prompt: str | None = None
    temperature: float | None = None
    max_tokens: int | None = None
    tools: tuple[Tool, ...] = ()
    max_turns: int | None = None
    interactive: bool = False
    message: str | None = None
    on_reject: Literal["fail", "continue"] = "fail"
    on_timeout: Literal["fail", "reject", "approve"] = "fail"
    remind: tuple[int, ...] = ()
    remind_hooks: bool = False
    approvers: Approvers | None = None
    quorum: int = 1
    four_eyes: tuple[Excluded, ...] = ()
    wait: bool = True
    for_: str | None = None
    until: str | None = None
    signal: str | None = None
    payload: dict[str, InputField] = attrs.Factory(dict)
    retry: Retry | None = None
    artifacts: Artifacts | None = None
    cache: Cache | None = None
    stroem_token: StepToken | None = None

    @property
    def own_task(self) -> str | None:
        """The task that it starts, if that is one of its own workspace."""
        return None if self.workspace else self.task
