"""Compiles a task of a workspace into the plan that its jobs pin."""

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any

import attrs

from stroem.definitions.action import Action
from stroem.definitions.amounts import needed
from stroem.definitions.kinds import STATE_ROOTS, STEP_FIELDS
from stroem.definitions.languages import language_ability
from stroem.definitions.references import connection_types, connections_of
from stroem.definitions.task import Task
from stroem.definitions.values import Json
from stroem.definitions.workspace import Definitions
from stroem.engine.cleanup import cleanup_faults, with_cleanup
from stroem.engine.dag import dag
from stroem.engine.graph import Graph
from stroem.engine.hooks import all_hooks, hook_nodes
from stroem.engine.plan import TaskPlan
from stroem.engine.retries import policy_of, unknown_entries
from stroem.engine.slots.limits import named_limits
from stroem.engine.values.forms import form_of, form_problem
from stroem.errors import NotFound, NotRunnable
from stroem.interfaces.dialect import Flow
from stroem.interfaces.nodes import ROOT, Node
from stroem.templating.language.hyphens import underscored
from stroem.templating.template import references

_OUTCOMES = frozenset({"completed", "failed", "skipped", "cancelled"})
_PATH_CHARACTERS = frozenset("[]~")
_ABILITIES = {"local": "script", "docker": "docker", "pod": "kubernetes"}

FlowOf = Callable[[str, Task, Definitions], Flow]
"""The nodes of a task, by its name."""


def runner_of(action: Action) -> str:
    """The runner of an action as the wire names it, or `none`."""
    if action.type == "script":
        return action.runner or "local"
    return {"docker": "docker", "pod": "pod"}.get(action.type, "none")


def ability_of(action: Action, abilities: Mapping[str, str]) -> str:
    """The ability that an action requires of a worker. `abilities` are those of third-party runners, by name."""
    runner = runner_of(action)
    language = language_ability(action) if runner == "local" else None
    return language or abilities.get(runner) or _ABILITIES.get(runner, runner)


def templates_of(action: Action) -> list[Json]:
    """The values of an action that are rendered at hand-out."""
    return [value for name in STEP_FIELDS if (value := getattr(action, name))]


def make_plan(name: str, definitions: Definitions, abilities: Mapping[str, str], flow_of: FlowOf = dag) -> TaskPlan:
    """The plan of a task. `flow_of` makes its nodes.

    Raises NotFound for an unknown task, NotRunnable for one that cannot run here.
    """
    task = definitions.tasks.get(name)
    if task is None:
        raise NotFound(kind="Task", name=name)
    for step_name, step in task.steps.items():
        if not step.is_group and (reason := _reason_against(step.action, definitions.actions)):
            raise NotRunnable(task=name, reason=f"step {step_name!r} {reason}")
    flow = with_cleanup(flow_of(name, task, definitions), name, task, definitions)
    drawn = Graph(nodes=flow.nodes)
    if problem := next(faults(drawn, definitions.actions), None):
        raise NotRunnable(task=name, reason=problem)
    actions = {node.action: definitions.actions[node.action] for node in drawn.nodes if node.action}
    hooks, workspace_hooks = hook_nodes(task, definitions)
    following = [node for node in all_hooks(hooks, workspace_hooks) if node.action in definitions.actions]
    actions |= {node.action: definitions.actions[node.action] for node in following}
    inputs = (task.input, *(action.input for action in actions.values()), *map(form_of, drawn.nodes))
    fields = [field for declared in inputs for field in declared.values()]
    types = connection_types(fields)
    connections = connections_of(types, definitions)
    read = paths_read(drawn, actions)
    read_by_hooks = [references(_templates_of_node(node, actions)) for node in following]
    properties = [one for kind in types for one in definitions.connection_types.get(kind, {}).values()]
    defaults = [*(field.default for field in fields), *(one.default for one in properties)]
    values = [*defaults, *(connection.values for connection in connections.values())]
    paths = references(values).union(*read, *read_by_hooks)
    return TaskPlan(
        task=name,
        nodes=tuple(completed(drawn, read, actions, abilities)),
        actions=actions,
        input=task.input,
        secrets=_secrets_read(paths, definitions),
        connections=connections,
        connection_types={key: value for key, value in definitions.connection_types.items() if key in types},
        mode=task.job_mode,
        volume=task.job_volume,
        timeout=task.timeout,
        output=flow.output,
        max_steps=flow.max_steps,
        retry=policy_of(task.retry),
        concurrency=task.concurrency,
        job_limits=tuple(sorted(task.limits)),
        limits=named_limits(name, task.limits, drawn, definitions),
        priority=task.priority,
        hooks=_with_needs(hooks, actions, abilities),
        workspace_hooks=_with_needs(workspace_hooks, actions, abilities),
    )


def _secrets_read(paths: Collection[tuple[str, ...]], definitions: Definitions) -> dict[str, Json]:
    """The secrets that templates read; all if they read state, in which others may have left any."""
    if any(path[0] in STATE_ROOTS for path in paths):
        return definitions.secrets
    names = {path[1] for path in paths if path[0] == "secret" and len(path) > 1}
    return {key: value for key, value in definitions.secrets.items() if key in names}


def _with_needs(
    hooks: Mapping[str, Sequence[Node]], actions: Mapping[str, Action], abilities: Mapping[str, str]
) -> dict[str, tuple[Node, ...]]:
    return {
        key: tuple(
            _of_hook(_with_state(node, actions), actions[node.action], abilities) if node.action in actions else node
            for node in nodes
        )
        for key, nodes in hooks.items()
    }


def _of_hook(node: Node, action: Action, abilities: Mapping[str, str]) -> Node:
    """The node of a hook, which always runs: no earlier result tells anybody."""
    return attrs.evolve(_with_need(node, action, abilities), cache=None)


def _with_state(node: Node, actions: Mapping[str, Action]) -> Node:
    """The node of a hook, which tells whether its templates read state."""
    read = references(_templates_of_node(node, actions))
    roots = {path[0] for path in read}
    return attrs.evolve(node, reads_state=not STATE_ROOTS.isdisjoint(roots), reads_trigger="trigger" in roots)


def _with_need(node: Node, action: Action, abilities: Mapping[str, str]) -> Node:
    """The node of an action, with what it needs of a worker, its artifacts and its cache."""
    return attrs.evolve(
        node,
        ability=ability_of(action, abilities),
        tags=tuple(sorted(set(action.tags))),
        resources=dict(needed(action.resources)),
        artifacts=node.artifacts or action.artifacts,
        cache=node.cache or action.cache,
    )


def faults(drawn: Graph, actions: Mapping[str, Action]) -> Iterator[str]:
    """The mistakes in the nodes of a dialect, or of a plan that arrives at run time."""
    if problems := [problem for node in drawn.nodes for problem in _edge_faults(node, drawn)]:
        yield from problems
        return
    for number, node in enumerate(drawn.nodes):
        if not ROOT <= node.parent < number:
            yield f"node {node.name!r} stands before the node around it"
        elif drawn.named(node.parent)[node.name] != number:
            yield f"two nodes are called {node.name!r}"
        elif forbidden := sorted(_PATH_CHARACTERS.intersection(node.name)):
            yield f"the name of node {node.name!r} contains {' '.join(forbidden)}"
        elif (node.kind == "action" or node.action) and (reason := _reason_against(node.action, actions)):
            yield f"node {node.name!r} {reason}"
        elif node.parent != ROOT and drawn.node(node.parent).kind not in ("block", "loop"):
            yield f"node {node.name!r} stands inside {drawn.node(node.parent).name!r}, which is no block or loop"
        elif node.kind == "loop" and (len(drawn.entries(number)) != 1 or len(drawn.children(number)) != 1):
            yield f"loop {node.name!r} must have one node inside; several stand in a block there"
        elif node.entry and node.join == "all" and drawn.dependencies[number]:
            yield f"node {node.name!r} starts with its scope, and joins edges"
        elif node.retry is not None and node.retry.attempts < 1:
            yield f"node {node.name!r} has less than one attempt"
        elif node.retry is not None and (unknown := unknown_entries(node.retry.on)):
            yield f"node {node.name!r} is retried on {', '.join(map(repr, unknown))}, which is no kind of error"
        elif node.slot is not None and node.slot.size < 1:
            yield f"node {node.name!r} asks for a slot of less than one"
        elif problem := form_problem(node):
            yield f"node {node.name!r} {problem}"
    yield from cleanup_faults(drawn)
    if drawn.nodes and not drawn.entries(ROOT):
        yield "no node is an entry: nothing would start"


def _edge_faults(node: Node, drawn: Graph) -> Iterator[str]:
    """The mistakes in the edges of a node, and in its join."""
    if node.join not in ("all", "each"):
        yield f"node {node.name!r} joins {node.join!r}; expected 'all' or 'each'"
    for edge in node.edges:
        is_node = isinstance(edge.to, int) and 0 <= edge.to < len(drawn.nodes)
        if not is_node or drawn.node(edge.to).parent != node.parent:
            yield f"an edge of node {node.name!r} leads to no node beside it"
        if not edge.on or (unknown := sorted({str(one) for one in edge.on} - _OUTCOMES)):
            words = ", ".join(map(repr, unknown)) if edge.on else "nothing"
            yield f"an edge of node {node.name!r} is taken on {words}; expected {', '.join(sorted(_OUTCOMES))}"


def completed(
    drawn: Graph,
    read: Sequence[Collection[tuple[str, ...]]],
    actions: Mapping[str, Action],
    abilities: Mapping[str, str],
) -> Iterator[Node]:
    """The nodes, completed from the definitions. `read` are the paths that templates read, by node."""
    variables = {
        parent: {underscored(name): number for name, number in drawn.visible(parent).items()}
        for parent in {node.parent for node in drawn.nodes}
    }
    incoming = Counter(edge.to for node in drawn.nodes for edge in node.edges)
    for number, (node, paths) in enumerate(zip(drawn.nodes, read, strict=True)):
        known = variables[node.parent]
        found: dict[str, Any] = {
            "incoming": incoming[number],
            "reads": tuple(sorted({known[path[0]] for path in paths if path[0] in known})),
            "reads_state": any(path[0] in STATE_ROOTS and path[0] not in known for path in paths),
            "reads_trigger": any(path[0] == "trigger" and path[0] not in known for path in paths),
        }
        if node.kind != "action":
            yield attrs.evolve(node, **found)
            continue
        yield attrs.evolve(_with_need(node, actions[node.action], abilities), **found)


def paths_read(drawn: Graph, actions: Mapping[str, Action]) -> list[frozenset[tuple[str, ...]]]:
    """The paths read by the templates of each node and of its action."""
    return [references(_templates_of_node(node, actions), steps=drawn.visible(node.parent)) for node in drawn.nodes]


def _templates_of_node(node: Node, actions: Mapping[str, Action]) -> list[Json]:
    values = [node.input, node.when, node.items, node.again, node.until, node.fragment, node.writes]
    values += [edge.test for edge in node.edges]
    if node.slot is not None:
        values.append(node.slot.key)
    if node.retry is not None:
        values.append(node.retry.when)
    if node.kind == "action":
        action = actions[node.action]
        values += templates_of(action)
        if (cache := node.cache or action.cache) is not None:
            values.append(cache.key)
    return values


def _reason_against(name: str, actions: Mapping[str, Action]) -> str | None:
    action = actions.get(name)
    if action is None:
        where = "is in no library or workspace here" if "." in name else "this workspace does not define"
        return f"uses the action {name!r}, which {where}"
    return "is of type 'agent', which this version does not execute yet" if action.type == "agent" else None
