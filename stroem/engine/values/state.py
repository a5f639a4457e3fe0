"""States of jobs and steps, as the engine reads and changes them."""

import datetime
import uuid

import attrs

from stroem.definitions.values import Json
from stroem.engine.values.job_slots import JobSlot
from stroem.interfaces.step_error import ErrorKind

JOB = 0
"""The id of the job itself in the place of a step: the parent of its outermost steps."""
ENDED = frozenset({"completed", "failed", "skipped", "cancelled"})

DEPENDENCIES = "dependencies"
TURN = "turn"
RETRY = "retry"
PAUSE = "pause"
PLACEMENT = "worker"
SCOPE = "steps"
CLOSING = "closing"
TIMER = "timer"
APPROVAL = "approval"
SLOT = "slot:"
SIGNAL = "signal:"
CHILD = "job:"
"""Values of `Step.waits_for`. The name of a slot or signal, or the id of a child job, follows the colon.

Of a pending step: `dependencies` (undecided edges), `turn` (other iterations of its loop), `retry` (its next attempt),
`pause` (of the job, or of the step or one around it), `slot:…`, `worker` (the worker of a job that stays in one place).
Of a suspended one: `timer`, `signal:…`, or `approval`. Of a running one: `steps` (a block or loop, for those inside),
`closing` (the same, and no further steps start inside), `job:…` (its child job).
"""

ENDING_SECS = 25
"""Seconds in which a worker must end a cancelled or timed-out step before the server ends it."""

Address = tuple[int, int, int]
"""The place of a step in the tree of its job: parent step, node, item."""


@attrs.frozen(kw_only=True)
class Hold:
    """The pause of one step, and of all steps inside it, by a person since `at`; None: since the start of the job.

    `place` are node and item of the scopes around the step, from the outside, and its own; `step` is its path. The step
    may not have begun.
    """

    place: tuple[tuple[int, int], ...]
    step: str
    by: str | None = None
    at: datetime.datetime | None = None


@attrs.define(kw_only=True)
class Step:
    """A step: one visit of a node.

    - `item`: index of an iteration or round, or number of a visit, from 0.
    - `unmet`, `taken`, `barred`: of a join `all`, the edges to it that are undecided, taken, and barred by a failure.
    - `open`, `failed`: of a block or loop, the steps directly inside that have not ended, and the failures that count:
      those of steps inside, and its own (a timeout, too many rounds).
    - `first`, `total`, `begun`: of a loop, the id of its first iteration (the others follow it), the number of
      iterations made so far, and the number started.
    - `attempt`: the number of attempts begun. A claim counts it for actions.
    - `due_at`: the one time at which something must happen: a retry, a reminder, the end of a wait, a timeout.
    - `expires_at`: of a suspended step, the end of the wait. `reminded`: the number of reminders sent.
    - `value`: the item of an iteration. `context`: of a block or loop. `input`: of a step of a server-side kind.
    - `error`, `error_kind`, `exit_code`: of the last attempt; null again once another begins.
    """

    id: int
    node: int
    parent: int = JOB
    item: int = 0
    status: str = "pending"
    waits_for: str | None = None
    unmet: int = 0
    taken: int = 0
    barred: int = 0
    open: int = 0
    failed: int = 0
    first: int = 0
    total: int = 0
    begun: int = 0
    attempt: int = 0
    due_at: datetime.datetime | None = None
    expires_at: datetime.datetime | None = None
    reminded: int = 0
    timeout: int | None = None
    worker_id: uuid.UUID | None = None
    cancel_requested: bool = False
    value: Json = None
    context: dict[str, Json] | None = None
    input: Json = None
    error: str | None = None
    error_kind: ErrorKind | None = None
    exit_code: int | None = None

    def forget_error(self) -> None:
        """Removes what the attempt before has left."""
        self.error = self.error_kind = self.exit_code = None

    @property
    def address(self) -> Address:
        """The place of the step in the tree of its job."""
        return (self.parent, self.node, self.item)

    @property
    def has_ended(self) -> bool:
        """True if the step will not change any more."""
        return self.status in ENDED

    @property
    def is_moving(self) -> bool:
        """True if an event of the step itself may come: the job is not stuck.

        False for what only other steps can move on: joins, iterations before their turn, blocks and loops.
        """
        if self.status == "pending":
            return self.waits_for not in (DEPENDENCIES, TURN)
        return self.status in ("ready", "suspended") or (self.status == "running" and not self.is_scope)

    @property
    def is_scope(self) -> bool:
        """True for a running block or loop."""
        return self.waits_for in (SCOPE, CLOSING)


@attrs.define(kw_only=True)
class JobState:
    """A job: the root of its steps.

    - `open`, `failed`, `context`: as those of a block.
    - `moving`: the number of steps that `is_moving`. `next_step`: the id of the next step.
    - `error`: not null once the job is to fail by itself, before it has ended.
    - `cancel_reason`: not null once the job is to be cancelled. `ends_cleanup`: cleanup steps are to end too.
    - `is_local`: the job stays on one worker, `worker_id`; null until its first step is claimed.
    - `step_timeout`: for actions without a timeout, in seconds.
    - `has_parent`: another job started this one, and gets a message at its end.
    - `retry_attempt`: the number of failed jobs that this one repeats. `begins_later`: it waits for its time to begin.
    - `hook_of`: the job of which this one is a hook; it gets a message if this one fails.
    - `is_partial`: it runs another job again in part, and takes over visits of that.
    - `no_cache`: steps run although there is an earlier result of their key.
    - `waits_for`: the slot for which a job waits that has not begun, or `pause` if it is to ask again.
    - `slots`: those that it takes before it begins, in this order. `shared`: keys of slots that its ancestors have and
      that count for it too.
    - `holds`: pauses of single steps.
    - `fragments`: plans that arrived at run time, in this order: the node of the block, and the digest.
    """

    status: str = "pending"
    error: str | None = None
    open: int = 0
    failed: int = 0
    moving: int = 0
    next_step: int = 1
    cancel_reason: str | None = None
    ends_cleanup: bool = False
    paused: bool = False
    holds: tuple[Hold, ...] = ()
    is_local: bool = False
    worker_id: uuid.UUID | None = None
    step_timeout: int | None = None
    has_parent: bool = False
    retry_attempt: int = 0
    begins_later: bool = False
    hook_of: str | None = None
    is_partial: bool = False
    context: dict[str, Json] | None = None
    fragments: tuple[tuple[int, str], ...] = ()
    no_cache: bool = False
    workspace: str = ""
    waits_for: str | None = None
    slots: tuple[JobSlot, ...] = ()
    shared: frozenset[str] = frozenset()

    @property
    def is_halted(self) -> bool:
        """True once the job is to be cancelled or to fail by itself: only cleanup steps start."""
        return self.cancel_reason is not None or self.error is not None
