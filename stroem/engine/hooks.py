"""Hooks: actions that follow the end or the suspension of a job, in jobs of their own."""

from collections.abc import Iterator, Mapping

import attrs

from stroem.definitions.action import Action
from stroem.definitions.kinds import HOOK_KEYS, HOOK_TYPES
from stroem.definitions.task import Hook, Task
from stroem.definitions.workspace import Definitions
from stroem.engine.plan import TaskPlan
from stroem.interfaces.nodes import Node

STEP_NAME = "hook"
JOB_PREFIX = "_hook:"


def hook_nodes(task: Task, definitions: Definitions) -> tuple[dict[str, tuple[Node, ...]], dict[str, tuple[Node, ...]]]:
    """The hooks of a task, and those of the workspace for keys without hooks of the task."""
    actions = definitions.actions
    own = {key: _nodes(hooks, actions) for key in HOOK_KEYS if (hooks := getattr(task, key))}
    others = {key: hooks for key in HOOK_KEYS if key not in own and (hooks := getattr(definitions, key))}
    return own, {key: _nodes(hooks, actions) for key, hooks in others.items()}


def _nodes(hooks: tuple[Hook, ...], actions: Mapping[str, Action]) -> tuple[Node, ...]:
    return tuple(_node(hook, actions.get(hook.action)) for hook in hooks)


def _node(hook: Hook, action: Action | None) -> Node:
    node = Node(name=STEP_NAME, entry=True, action=hook.action, input=hook.input)
    if action is None or action.type != "task":
        return node
    return attrs.evolve(node, kind="task", task=action.task, workspace=action.workspace)


def fault_of(hook: Node, actions: Mapping[str, Action]) -> str | None:
    """The reason why a hook cannot start, if there is one."""
    action = actions.get(hook.action)
    if action is None:
        return f"there is no action {hook.action!r}"
    if action.type not in HOOK_TYPES:
        return f"an action of type {action.type!r} cannot follow a job"
    if action.workspace is not None:
        return "a hook cannot start a task of another workspace"
    return None


def all_hooks(*hooks: Mapping[str, tuple[Node, ...]]) -> Iterator[Node]:
    """All nodes of hooks."""
    for by_key in hooks:
        for nodes in by_key.values():
            yield from nodes


def hook_plan(plan: TaskPlan, hook: Node) -> TaskPlan:
    """The plan for the job of a hook. It keeps the declared input of the other job, whose values its templates read."""
    return attrs.evolve(
        plan,
        task=f"{JOB_PREFIX}{hook.action}",
        hook_of=plan.task,
        nodes=(hook,),
        actions={name: action for name, action in plan.actions.items() if name == hook.action},
        mode="distributed",
        volume=None,
        timeout=None,
        output="map",
        retry=None,
        concurrency=None,
        job_limits=(),
        priority=0,
        hooks={},
        workspace_hooks={},
    )
