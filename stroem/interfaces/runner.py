"""Interface of runners, which run steps on a worker."""

import uuid
from collections.abc import Awaitable, Callable, Collection, Mapping
from pathlib import Path
from typing import ClassVar, Literal, Protocol, runtime_checkable

import attrs

from stroem.definitions.action import Action
from stroem.definitions.values import Json

Stream = Literal["stdout", "stderr"]


@attrs.frozen(kw_only=True)
class StepMark:
    """Identity of an attempt among all that use one system: its installation of Strøm, job, step id and number."""

    installation: str
    job_id: uuid.UUID
    step_id: int
    attempt: int


@attrs.frozen(kw_only=True)
class RemoteFiles:
    """The files of a step on another machine: gzipped tars, by HTTP.

    `server` is the server's address as the worker knows it; `path` is that of the step's workspace, with the query.
    The bearer `token` is good for this attempt and these files alone, while the attempt runs. `sha256` is the digest of
    the workspace's tar, in hex. `folders` are paths of the content of further folders, by the variables of the order;
    the others are empty at first. The answer of such a path may be empty.

    What the step leaves is sent to the path `back` by POST, as one tar with a folder per variable, and with the file
    `STROEM_OUTPUT`. With `globs` it has a folder `WORKSPACE` too, with at least the files that these match. The answer
    has the tar's SHA-256 as `sha256`, with which the worker takes it back by the order's `take_back`.
    """

    server: str
    path: str
    token: str = attrs.field(repr=False)
    sha256: str
    folders: Mapping[str, str] = attrs.Factory(dict)
    back: str = "/worker/step-files"
    globs: tuple[str, ...] = ()


@attrs.frozen(kw_only=True)
class StepOrder:
    """A step to run.

    `step` is its name in the job: no file name, since it may contain brackets, dots and `~`. `action` has its templates
    rendered. `directory` is the step's own directory with the files of its workspace, `scratch` a directory beside it
    for temporary files; both are removed after the step. `source` is the absolute path of the action's script file, if
    it has one. `env` is the complete environment of the workflow; a runner adds only the variables that its system
    needs (PATH, HOME). `grace_secs` is the time between terminating and killing the step. `options` are the action's
    settings for this runner, an instance of the runner's `Options`. `folders` are further directories, by the
    environment variables that name them to the step. `output_file` is a path in `scratch`, at first without a file; a
    runner tells the step where it is for it with `STROEM_OUTPUT`. `mark` is what a `LeftoverRunner` puts on all that it
    makes for the step; there is none with an older server. `remote_files` asks the server how a step on another machine
    gets its files, and `take_back` has the worker fetch what such a step has left, by the SHA-256 of its tar: it raises
    `RunnerFailed`, and there is none with an older server. Steps with the same `volume` share `directory`, with what
    others have left there; a runner of other machines keeps such a folder itself (`VolumeKeeper`), or raises
    `RunnerFailed`. `script_name` is the name of an inline script's file in `directory`, without its suffix.
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
    folders: Mapping[str, Path] = attrs.Factory(dict)
    output_file: Path | None = None
    mark: StepMark | None = None
    remote_files: Callable[[], Awaitable[RemoteFiles]] | None = None
    take_back: Callable[[str], Awaitable[None]] | None = None
    volume: uuid.UUID | None = None
    script_name: str = "stroem_script"


class OutputWriter(Protocol):
    """Receives the output of a step, with backpressure."""

    async def write(self, stream: Stream, data: bytes) -> None:
        """Writes bytes, which may end within a line and need not be UTF-8."""

    async def note(self, text: str) -> None:
        """Adds a line of the runner itself to the log; it is not part of the step's output."""


class Runner(Protocol):
    """Runs steps on a worker.

    A runner is an attrs class; its fields are the settings `runners.{name}` of the worker, each with a default.

    `name` is the value of an action's `runner:`; `ability` the capability that a worker needs for such steps
    (`script` for the local shell); `Options` an attrs class of an action's `options:`, None without any. A constructor
    may refuse options with `ValueError`. A runner with the attribute `stands_in_for`, names of other runners, gets
    their steps as long as its system is there; it offers the abilities of these names too. With a field `user` that is
    set, steps run as another user of this machine: the worker then makes its folder passable for other users.
    """

    name: ClassVar[str]
    ability: ClassVar[str]
    Options: ClassVar[type | None]

    async def run(self, order: StepOrder, output: OutputWriter) -> int:
        """Runs the step to its end and returns its exit code (negative: ended by that signal).

        All output is written before it returns. When cancelled it terminates, then kills everything that it started,
        and only then raises `asyncio.CancelledError`. Raises `RunnerFailed` when the step could not be run at all.
        """
        ...


@runtime_checkable
class ConnectedRunner(Protocol):
    """What a runner has besides, if it needs a system that may be away, such as the daemon of containers.

    The folders of its steps are used once. Those of other runners serve a further step if they look unchanged, which a
    step that is to be kept from other steps could feign.
    """

    async def open(self) -> None:
        """Connects. Raises `RunnerFailed` while no step can be run; the worker then tries again."""

    async def close(self) -> None:
        """Lets go of the connection. No step runs any more."""


@runtime_checkable
class LeftoverRunner(Protocol):
    """What a runner has besides, if its steps run on in its system when the worker is killed."""

    async def leftovers(self, installation: str) -> Collection[StepMark]:
        """Marks of this installation in the system, of attempts that this runner does not run now.

        Other workers may run them. Raises `RunnerFailed`.
        """
        ...

    async def remove(self, mark: StepMark) -> None:
        """Ends and removes all that has this mark, of an attempt that nobody runs. Raises `RunnerFailed`."""


@runtime_checkable
class VolumeKeeper(Protocol):
    """What a runner has besides, if it keeps the folders that steps of a job share in its own system.

    They are those of `StepOrder.volume`, whose `directory` is then a copy for the step alone.
    """

    async def volumes(self, installation: str) -> Collection[uuid.UUID]:
        """The ids of the folders of this installation in the system. Raises `RunnerFailed`."""
        ...

    async def remove_volume(self, installation: str, volume: uuid.UUID) -> None:
        """Removes a folder that no job needs any more. Raises `RunnerFailed`."""


@attrs.frozen(kw_only=True)
class PoolPlace:
    """What containers need that are made before their step.

    `folder` is on the file system of the steps' folders, and is gone after the next start of the worker. `variables`
    name the further folders that each step has. `installation` is that of the steps' marks.
    """

    folder: Path
    variables: Collection[str]
    installation: str


@runtime_checkable
class PoolRunner(Protocol):
    """What a runner has besides, if it keeps containers ready for steps that come."""

    async def keep_pool(self, place: PoolPlace) -> None:
        """Keeps them ready until it is cancelled, and removes them then. Without any it returns.

        Steps may run meanwhile and afterwards. It goes on when its system is away.
        """


@runtime_checkable
class AdoptingRunner(LeftoverRunner, Protocol):
    """What a runner has besides, if a worker that was killed and comes back can go on with its steps."""

    async def adopt(self, order: StepOrder, output: OutputWriter) -> int:
        """Goes on with the step that has the mark of the order and runs in the system, as `run` does after its start.

        It is not run again. Its output is written from the very beginning: the worker leaves out what it has already.
        Raises `RunnerLost` if there is no such step.
        """
        ...


class RunnerFailed(Exception):
    """The step could not be run. The message gives the reason and the remedy."""


class RunnerLost(RunnerFailed):
    """The process, container or pod of a step was lost after its start. How far the step got is unknown."""
