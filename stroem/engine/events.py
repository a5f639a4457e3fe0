"""Events of a job. `actor` is a person or a part of the system, for the history."""

from collections.abc import Sequence
from typing import Any

import attrs

from stroem.definitions.values import Json
from stroem.engine.values.state import Address
from stroem.interfaces.nodes import Outcome
from stroem.interfaces.step_error import ErrorKind


@attrs.frozen(kw_only=True)
class Begin:
    """The start of a job."""


@attrs.frozen(kw_only=True)
class Ended:
    """The end of a step on a worker, or in its place.

    It counts only if the step still has the status `was`, and the attempt and worker given, unless these are None. The
    step may be given another attempt by its retry policy. With `at`, the address of the step, one `Load` is enough. The
    caller stores the output of a step that counts (`Changes.accepted`); `output` here is for templates. A result that
    is not `is_repeatable` is not kept for later steps.
    """

    step: int
    outcome: Outcome
    output: Json = None
    attempt: int | None = None
    worker_id: Any = None
    error: str | None = None
    error_kind: ErrorKind | None = None
    exit_code: int | None = None
    was: str = "running"
    at: Address | None = None
    is_repeatable: bool = True
    cause: str = "outcome"
    actor: str | None = None


@attrs.frozen(kw_only=True)
class Returned:
    """A claimed action that its worker gives back before it has begun. Its attempt does not count."""

    step: int
    actor: str | None = None


@attrs.frozen(kw_only=True)
class Due:
    """The `due_at` of a step has passed: a retry, the end of a wait, a timeout, a cancellation not obeyed in time."""

    step: int


@attrs.frozen(kw_only=True)
class Cancel:
    """Cancellation of the job. A second one ends the cleanup steps too, unless it is to count `once`."""

    reason: str
    actor: str | None = None
    once: bool = False


@attrs.frozen(kw_only=True)
class Pause:
    """Start of a pause: no step starts, running ones go on."""

    actor: str | None = None


@attrs.frozen(kw_only=True)
class Resume:
    """End of a pause."""

    actor: str | None = None


@attrs.frozen(kw_only=True)
class PauseStep:
    """Start of the pause of one step, by its place (see `Hold`). It is held when its turn comes, as are those inside.

    `step` is its id if it has begun to wait; `name` is its path. It counts unless the step has begun to run.
    """

    place: tuple[tuple[int, int], ...]
    name: str
    step: int | None = None
    actor: str | None = None


@attrs.frozen(kw_only=True)
class ResumeStep:
    """End of the pause of one step."""

    place: tuple[tuple[int, int], ...]
    actor: str | None = None


@attrs.frozen(kw_only=True)
class Signal:
    """A signal to all steps that wait for its name. Without such a step it is kept under its id, `message`."""

    name: str
    message: int
    payload: Json = None
    actor: str | None = None


@attrs.frozen(kw_only=True)
class Resolve:
    """An answer to one suspended step, such as an approval. The kind of the step makes an outcome of it."""

    step: int
    answer: Json
    actor: str | None = None


@attrs.frozen(kw_only=True)
class ChildEnded:
    """The end of the child job of a step of kind `task`. Its output becomes that of the step."""

    step: int
    job: str
    outcome: Outcome
    output: Json = None
    error: str | None = None


@attrs.frozen(kw_only=True)
class Granted:
    """A slot of the key is reserved for the step, or for the job (0). Without a key, of the one that it waits for."""

    step: int
    key: str | None = None


@attrs.frozen(kw_only=True)
class Deadlocked:
    """No slot of the key can become free for the step, or for the job (0), which waits for it: it fails."""

    step: int
    key: str
    error: str


@attrs.frozen(kw_only=True)
class Full:
    """No slot of the key was free for the job when it asked: `held` are the jobs that had them, the oldest first.

    `ahead` are the jobs before it in the line.
    """

    key: str
    held: Sequence[str] = ()
    ahead: Sequence[str] = ()


@attrs.frozen(kw_only=True)
class Placed:
    """The worker of a job that stays in one place: it claimed the first step."""

    worker_id: Any


@attrs.frozen(kw_only=True)
class EndedByServer:
    """The end of the job without a decision, since none could be made: what follows the end is started."""


@attrs.frozen(kw_only=True)
class HookFailed:
    """The failure of a hook of this job, in its job of its own. It comes after the end of this job."""

    job: str
    task: str
    outcome: Outcome
    error: str | None = None


Event = (
    Begin
    | Ended
    | Returned
    | Due
    | Cancel
    | Pause
    | Resume
    | PauseStep
    | ResumeStep
    | Signal
    | Resolve
    | ChildEnded
    | Granted
    | Full
    | Deadlocked
    | Placed
    | HookFailed
    | EndedByServer
)
