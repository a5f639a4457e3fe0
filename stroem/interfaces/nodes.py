"""Nodes of a plan, and the edges between them."""

from typing import Literal

import attrs

from stroem.definitions.artifacts import Artifacts
from stroem.definitions.cache import Cache
from stroem.definitions.values import Json

ROOT = -1
"""The parent of nodes outside of all blocks and loops: the job itself."""
ITEMS = 10_000
"""Most iterations of a loop."""

Outcome = Literal["completed", "failed", "skipped", "cancelled"]


@attrs.frozen(kw_only=True)
class Edge:
    """An edge to the node `to`, taken after the outcomes `on`.

    - `test`: an expression. A choice takes its first edge with a true test; an edge without a test always fits.
    - `handles`: a failure that takes this edge does not count as a failure of the scope.
    """

    to: int
    on: tuple[Outcome, ...] = ("completed",)
    test: str | None = None
    handles: bool = False


@attrs.frozen(kw_only=True)
class Condition:
    """A condition on the end of the node `node` beside a node: one of the outcomes `on`."""

    node: int
    on: tuple[Outcome, ...]


@attrs.frozen(kw_only=True)
class RetryPolicy:
    """Attempts of a step, in all, and the seconds between them.

    An exponential backoff doubles `delay` after each attempt, up to `max_delay` seconds, or without that up to 64
    times. `jitter` then adds up to a quarter. `on` lists the kinds of errors and the exit codes (`75`, `100-120`) that
    are retried, all if it is empty; `when` is an expression over `error` and `attempt` that must be true as well.
    """

    attempts: int
    delay: float = 0
    max_delay: float | None = None
    backoff: Literal["fixed", "exponential"] = "fixed"
    jitter: bool = False
    on: tuple[str, ...] = ()
    when: str | None = None


@attrs.frozen(kw_only=True)
class Slot:
    """A concurrency limit: at most `size` steps with the same rendered `key` run at once, in all jobs."""

    key: str
    size: int = 1
    release_while_waiting: bool = False


@attrs.frozen(kw_only=True)
class Node:
    """A node of a plan. Each visit of a node is a step.

    `kind` is `action`, `task`, `choice`, `block`, `loop`, or the name of a server-side kind (`wait`, `signal`,
    `approval`, `assign`, …). `parent` is the block or loop around it; the step of such a node is a *scope*. Expressions
    are texts of templates.

    - `entry`: starts with its scope. `incoming`: number of edges that lead to the node.
    - `join`: `all` makes one step, which starts when each edge is decided and one of them is taken; `each` makes a
      new step for each edge taken.
    - `tolerant`: with `all`, starts after any outcome of the edges. `optional`: its failure is no failure of its scope.
    - `cleanup`: starts although the job is being cancelled. The nodes inside inherit it.
    - `final`: runs once all other steps of the job have ended, and is for cleanup. An `entry` among these starts first;
      no edge leads to them from others.
    - `when`: a condition; the step is skipped if it is false. `conditions`: those on nodes with an edge to it.
    - `reads`: the nodes that its templates read, in its scope or in one around it.
    - `reads_state`: its templates read `state` or `global_state`; `reads_trigger`: they read `trigger`.
    - `writes`: keys of the scope's context that its completion sets, as templates that see its `output`.
    - `output` of a scope: `map` (outputs of the nodes without edges, by name), `list` (of each iteration), `last` (of
      the step that ended last).
    - of a loop: `items` (a list, an expression for one, or `{range: …}` or `{matrix: …}`), or `again` or `until`
      (expressions: another round follows if it is true, or until it is); at most `limit` iterations at once and `most`
      in all. After a failure, `stops` skips those that have not begun, and `aborts` ends all others. Its body is the
      one entry node inside, without edges.
    - of a block: `fragment` is an expression for a plan, which becomes the inside of the block.
    - of an action: its `ability` and `tags` are needed of a worker, and its `resources`, in thousandths, are taken.
      Of a task: `task` is its name, in `workspace` if that is another; a `detached` one is started and not awaited.
      `action` of other kinds is the one from which they were made.
    - `slot`: taken before the step begins. `limits`: names of limits of which it takes a slot each, after that.
    - `timeout`: in seconds. Of an action: `artifacts` are the files to keep, `cache` says which earlier results are
      used again.
    """

    name: str
    kind: str = "action"
    parent: int = ROOT
    entry: bool = False
    join: Literal["all", "each"] = "all"
    incoming: int = 0
    edges: tuple[Edge, ...] = ()
    tolerant: bool = False
    optional: bool = False
    cleanup: bool = False
    final: bool = False
    when: str | None = None
    conditions: tuple[Condition, ...] = ()
    reads: tuple[int, ...] = ()
    reads_state: bool = False
    reads_trigger: bool = False
    writes: dict[str, Json] = attrs.Factory(dict)
    output: Literal["map", "list", "last"] = "map"
    items: Json = None
    again: str | None = None
    until: str | None = None
    limit: int | None = None
    most: int = ITEMS
    stops: bool = False
    aborts: bool = False
    fragment: str | None = None
    retry: RetryPolicy | None = None
    timeout: int | None = None
    slot: Slot | None = None
    limits: tuple[str, ...] = ()
    action: str = ""
    task: str | None = None
    workspace: str | None = None
    detached: bool = False
    input: dict[str, Json] = attrs.Factory(dict)
    ability: str = "script"
    tags: tuple[str, ...] = ()
    resources: dict[str, int] = attrs.Factory(dict)
    artifacts: Artifacts | None = None
    cache: Cache | None = None
    title: str | None = None
    description: str | None = None

    @property
    def takes_slots(self) -> bool:
        """True if its steps wait for slots before they begin."""
        return self.slot is not None or bool(self.limits)
