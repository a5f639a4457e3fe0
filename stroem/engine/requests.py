"""Requests of the engine during a decision, and their answers."""

from collections.abc import Mapping, Sequence

import attrs

from stroem.definitions.values import Json
from stroem.engine.plan import TaskPlan
from stroem.engine.values.state import Address, Step
from stroem.interfaces.nodes import Node, Outcome


@attrs.frozen(kw_only=True)
class Load:
    """Rows of the job, to be answered with `Rows`.

    - `ids`, `addresses`: single steps. The answer leaves out steps that do not exist.
    - `inside`: all open steps inside these scopes, at any depth (0: of the job). Ready ones are locked against claims
      first; no other part of a `Load` locks rows.
    - `waiting`: all open steps of the job with one of these values of `waits_for`.
    - `outputs`: results of nodes, as (parent step, node): of the last visit in that scope that has ended.
    - `collected`: the steps directly inside these scopes that have ended.
    - `visits`: numbers of steps that nodes have so far, as (parent step, node).
    - `signals`: kept signals, by name.
    - `former`: outputs of steps of the job that this one runs again, by the ids of the steps there.
    """

    ids: frozenset[int] = frozenset()
    addresses: frozenset[Address] = frozenset()
    outputs: frozenset[tuple[int, int]] = frozenset()
    inside: frozenset[int] = frozenset()
    signals: frozenset[str] = frozenset()
    collected: frozenset[int] = frozenset()
    waiting: frozenset[str] = frozenset()
    visits: frozenset[tuple[int, int]] = frozenset()
    former: frozenset[int] = frozenset()


@attrs.frozen(kw_only=True)
class NodeResult:
    """The end of the last visit of a node in a scope."""

    status: str
    output: Json = None
    error: str | None = None


@attrs.frozen(kw_only=True)
class KeptSignal:
    """A signal that came before any step waited for it. `message` is its id."""

    message: int
    name: str
    payload: Json = None
    actor: str | None = None


@attrs.frozen(kw_only=True)
class EndedStep:
    """An ended step inside a scope, for the output of the scope."""

    id: int
    node: int
    item: int
    output: Json = None


@attrs.frozen(kw_only=True)
class Rows:
    """The answer to `Load`."""

    steps: Sequence[Step] = ()
    outputs: Mapping[tuple[int, int], NodeResult] = attrs.Factory(dict)
    signals: Sequence[KeptSignal] = ()
    collected: Mapping[int, Sequence[EndedStep]] = attrs.Factory(dict)
    visits: Mapping[tuple[int, int], int] = attrs.Factory(dict)
    former: Mapping[int, Json] = attrs.Factory(dict)


@attrs.frozen(kw_only=True)
class Scope:
    """Values for the templates of a step, beside the input and secrets of the job.

    `results` are by node. `state` are the roots `state` and `global_state`. `context` is that of all scopes around the
    step; of equal keys, the innermost counts. `item`, `index` and `total` are those of the innermost iteration around
    the step, if `in_loop`.
    """

    results: Mapping[int, NodeResult] = attrs.Factory(dict)
    context: Mapping[str, Json] = attrs.Factory(dict)
    state: Mapping[str, Json] = attrs.Factory(dict)
    in_loop: bool = False
    item: Json = None
    index: int = 0
    total: int = 0


@attrs.frozen(kw_only=True)
class Evaluate:
    """Request for the value of a template of a node: text, or a list or map with templates. May be answered `Failure`.

    `own` are names that the template sees beside those of the scope: the `output` of the step itself, or its `error`
    and `attempt`; else None. `fragments` are those of the job so far, among them one that this decision opened: the
    node may be in it.
    """

    node: int
    template: Json
    scope: Scope
    own: Mapping[str, Json] | None = None
    fragments: tuple[tuple[int, str], ...] = ()


@attrs.frozen(kw_only=True)
class FindCached:
    """Request for the result of an earlier step of the same key as a step of `node`. Answered `CacheAnswer`, `Failure`.

    Without `reads` only the key is asked for. `fragments` as of `Evaluate`.
    """

    node: int
    scope: Scope
    reads: bool = True
    fragments: tuple[tuple[int, str], ...] = ()


@attrs.frozen(kw_only=True)
class CachedResult:
    """The result of an earlier step: its job, its id there, its path and its output."""

    job: str
    step: int
    name: str
    output: Json


@attrs.frozen(kw_only=True)
class CacheAnswer:
    """The digest of a key, and the result that is kept under it, if there is one."""

    digest: str
    hit: CachedResult | None = None


@attrs.frozen(kw_only=True)
class CheckPayload:
    """Request to check the payload of a signal against the fields of a node. Answered with the payload, or `Failure`.

    The answer is complete and of the declared types.
    """

    node: int
    payload: Json
    fragments: tuple[tuple[int, str], ...] = ()


@attrs.frozen(kw_only=True)
class StartChild:
    """Request for a child job, which is created with the changes. Answered with its id, `Failure`, or `Later`.

    `step`, `attempt` and `node` start it. `shared` are keys of slots that its ancestors have until it ends. The task is
    one of `workspace` if that is given.
    """

    step: int
    attempt: int
    node: int
    task: str
    input: Json
    shared: frozenset[str] = frozenset()
    workspace: str | None = None


@attrs.frozen(kw_only=True)
class StartHook:
    """Request for the job of a hook, which is created with the changes. Answered with its id, or `Failure`.

    `status` and `error` are those of the job. `failed` are the failed steps that are known in this decision: among them
    those that fail now. `completed` are the steps that complete in this decision, `taken` the jobs and steps whose
    results these take. `suspended` is the step that begins to wait for a person; `place` has the addresses of the
    scopes around it, from the outside, and its own.
    """

    key: str
    hook: Node
    status: str
    error: str | None = None
    failed: tuple[Step, ...] = ()
    completed: tuple[int, ...] = ()
    taken: tuple[tuple[str, int], ...] = ()
    suspended: Step | None = None
    place: tuple[Address, ...] = ()


@attrs.frozen(kw_only=True)
class StartRetry:
    """Request for the job that repeats this one, `delay` seconds from now. Answered with its id, or `Failure`."""

    attempt: int
    delay: float


@attrs.frozen
class InsideStep:
    """A step inside a kept block or loop: its id and its parent there, and its node here."""

    step: int
    parent: int
    node: int


@attrs.frozen(kw_only=True)
class KeptVisit:
    """The end of a visit in the job that is run again: `step` is its step there.

    The steps `inside` a block or loop, at any depth, are copied too, outer ones first.
    """

    step: int
    outcome: Outcome
    error: str | None = None
    inside: tuple[InsideStep, ...] = ()


@attrs.frozen(kw_only=True)
class KeptVisits:
    """Visits that a job takes over from the one that it runs again in part.

    By their place: the step of the scope around them there, their node here, and the item. `ended` are not run;
    `around` are blocks and loops that run, and in which others are kept: the ids of their steps there.
    """

    ended: Mapping[Address, KeptVisit] = attrs.Factory(dict)
    around: Mapping[Address, int] = attrs.Factory(dict)


@attrs.frozen(kw_only=True)
class LoadKept:
    """Request for the visits that the job takes over. Answered with `KeptVisits`, always the same."""


@attrs.frozen(kw_only=True)
class OpenFragment:
    """Request to check and store a plan that arrived at run time. Answered with `Fragment` or `Failure`."""

    document: Json


@attrs.frozen(kw_only=True)
class Fragment:
    """A stored plan, under its digest."""

    digest: str
    plan: TaskPlan


@attrs.frozen(kw_only=True)
class Later:
    """Answer to a request that cannot be met yet: to be made again after `secs` seconds."""

    reason: str
    secs: float


@attrs.frozen(kw_only=True)
class Failure:
    """Refusal of a request, with the reason for the user, without secrets."""

    error: str


Request = Load | LoadKept | Evaluate | FindCached | CheckPayload | StartChild | StartHook | StartRetry | OpenFragment
"""Answered with `Rows`, `KeptVisits`, a JSON value, `CacheAnswer`, a JSON value, the text of a UUID (of all kinds of
jobs), and `Fragment`.

All but `Load` and `LoadKept` may be answered with `Failure`.
"""
Answer = Rows | KeptVisits | CacheAnswer | Fragment | Failure | Later | Json
