"""Plans: compiled tasks, pinned by jobs for their whole life."""

import functools
from typing import Literal

import attrs

from stroem.definitions.action import Action
from stroem.definitions.connection import Connection, ConnectionProperty
from stroem.definitions.field import InputField, OutputField
from stroem.definitions.limit import SERVER_PREFIX, Concurrency, Limit
from stroem.definitions.values import Json
from stroem.definitions.volume import Volume
from stroem.engine.graph import Graph
from stroem.interfaces.dialect import MAX_STEPS
from stroem.interfaces.nodes import ROOT, Node, RetryPolicy

LOCAL = "local"
"""The mode of jobs that stay on one worker."""


@attrs.frozen(kw_only=True, slots=False)
class TaskPlan(Graph):
    """A task with all definitions that it needs. Content-addressed: equal plans are stored once.

    `secrets` are the ones read by its templates; `connections` those of the types of its inputs. `output` of the
    job: `map` (outputs of the nodes without edges, by name) or `last` (of the step that ended last). A job of more
    than `max_steps` steps fails. `timeout` is in seconds.

    A job takes a slot for its `concurrency`, and one of each of `job_limits`. `limits` are the limits of the workspace
    that it or its nodes name. `priority` is that of jobs for which none is given.

    Jobs in the `mode` `local` stay on one worker; their steps share a `volume`. `retry` is the policy for failed jobs.
    `hooks` of the task, and `workspace_hooks` in their place for jobs that no other job started, are nodes by key
    (`on_error`, …). A job of a hook has a plan of its own: with one node, and in `hook_of` the task of the other job.
    """

    task: str
    actions: dict[str, Action]
    input: dict[str, InputField] = attrs.Factory(dict)
    secrets: dict[str, Json] = attrs.Factory(dict)
    connections: dict[str, Connection] = attrs.Factory(dict)
    connection_types: dict[str, dict[str, ConnectionProperty]] = attrs.Factory(dict)
    mode: str = "distributed"
    volume: Volume | None = None
    timeout: int | None = None
    output: Literal["map", "last"] = "map"
    max_steps: int = MAX_STEPS
    retry: RetryPolicy | None = None
    hooks: dict[str, tuple[Node, ...]] = attrs.Factory(dict)
    workspace_hooks: dict[str, tuple[Node, ...]] = attrs.Factory(dict)
    hook_of: str | None = None
    concurrency: Concurrency | None = None
    job_limits: tuple[str, ...] = ()
    limits: dict[str, Limit] = attrs.Factory(dict)
    priority: int = 0

    @property
    def is_local(self) -> bool:
        """True if its jobs stay on one worker."""
        return self.mode == LOCAL

    @property
    def max_retries(self) -> int | None:
        """How often a failed job is repeated; None without a policy."""
        return None if self.retry is None else self.retry.attempts - 1

    @property
    def volume_keep_secs(self) -> int | None:
        """How long the volume of a job is kept after its end; None without one."""
        return None if self.volume is None else self.volume.keep

    @functools.cached_property
    def grows(self) -> bool:
        """True if blocks of the plan open fragments."""
        return any(node.fragment is not None for node in self.nodes)

    @functools.cached_property
    def holds_values(self) -> bool:
        """True if rendered values are kept with steps: items of loops, contexts of scopes."""
        return self.has_context or any(node.kind == "loop" for node in self.nodes)

    @functools.cached_property
    def has_context(self) -> bool:
        """True if templates read a context: steps write to that of their scopes, the job is of a hook, or of a trigger
        that they read.
        """
        return self.hook_of is not None or any(node.writes or node.reads_trigger for node in self.nodes)

    @functools.cached_property
    def server_limits(self) -> frozenset[str]:
        """The names of the limits of the server that a job and its steps take slots of, without their prefix."""
        names = {*self.job_limits, *(name for node in self.nodes for name in node.limits)}
        return frozenset(name.removeprefix(SERVER_PREFIX) for name in names if name.startswith(SERVER_PREFIX))

    @functools.cached_property
    def foreign_tasks(self) -> tuple[Node, ...]:
        """The nodes that start tasks of other workspaces."""
        return tuple(node for node in self.nodes if node.kind == "task" and node.workspace is not None)

    def declared_outputs(self, node: Node) -> dict[str, OutputField]:
        """The outputs that the action of a node declares; none for a job that is not awaited."""
        action = self.actions.get(node.action) if node.kind in ("action", "task") and not node.detached else None
        return {} if action is None else action.output

    def joined(self, block: int, fragment: "TaskPlan") -> "TaskPlan":
        """The plan with the nodes of a fragment behind its own, inside the node `block`.

        The fragment reads no secrets and connections but those of the plan.
        """
        base = len(self.nodes)
        nodes = (*self.nodes, *(moved(node, base, block) for node in fragment.nodes))
        return attrs.evolve(self, nodes=nodes, actions={**self.actions, **fragment.actions})


def moved(node: Node, base: int, block: int) -> Node:
    """A node that is put behind `base` others, into the scope `block` if it was in none."""
    return attrs.evolve(
        node,
        parent=block if node.parent == ROOT else node.parent + base,
        edges=tuple(attrs.evolve(edge, to=edge.to + base) for edge in node.edges),
        conditions=tuple(attrs.evolve(one, node=one.node + base) for one in node.conditions),
        reads=tuple(number + base for number in node.reads),
    )
