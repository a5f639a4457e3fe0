"""Tasks of workspaces."""

from collections.abc import Iterable, Mapping

import attrs
from aiohttp import web

from stroem.conversion.unstructure import ABSENT
from stroem.definitions.action import Action
from stroem.definitions.field import PRIMITIVE_TYPES, InputField
from stroem.definitions.flow_paths import group_of, name_of
from stroem.definitions.retry import Retry
from stroem.definitions.task import DependencyCondition, Step
from stroem.definitions.values import Json
from stroem.definitions.workspace import Definitions
from stroem.rights.reach import is_reached
from stroem.server.api.fields import TaskField, shown_fields
from stroem.server.api.lookup import current_definitions, current_task, current_workspace
from stroem.server.api.rights.live_rights import RIGHTS, reach_for
from stroem.server.api.triggers.next_runs import with_next_runs
from stroem.server.api.triggers.trigger_info import TriggerInfo, trigger_infos
from stroem.server.keys import CATALOG, SERVICES
from stroem.store.triggers import triggers


@attrs.frozen(kw_only=True)
class TaskItem:
    """A task in a list. `id` is its key, `name` its display name.

    `can_execute`: the client may start jobs of it; absent without sign-in.
    """

    id: str
    name: str | None = attrs.field(default=None, metadata=ABSENT)
    description: str | None = attrs.field(default=None, metadata=ABSENT)
    mode: str
    workspace: str
    folder: str | None = attrs.field(default=None, metadata=ABSENT)
    has_triggers: bool
    can_execute: bool | None = attrs.field(default=None, metadata=ABSENT)


@attrs.frozen(kw_only=True)
class FlowStep:
    """A step of a task. `timeout` is in seconds. A group has `steps`, and neither an action nor an `action_type`."""

    action: str
    action_type: str | None = attrs.field(default=None, metadata=ABSENT)
    name: str | None = attrs.field(default=None, metadata=ABSENT)
    description: str | None = attrs.field(default=None, metadata=ABSENT)
    depends_on: tuple[str, ...]
    depends_on_conditions: dict[str, DependencyCondition] | None = attrs.field(default=None, metadata=ABSENT)
    input: dict[str, Json]
    continue_on_failure: bool
    timeout: int | None = attrs.field(default=None, metadata=ABSENT)
    when: str | None = attrs.field(default=None, metadata=ABSENT)
    for_each: Json = attrs.field(default=None, metadata=ABSENT)
    matrix: dict[str, Json] | None = attrs.field(default=None, metadata=ABSENT)
    sequential: bool
    max_concurrency: int | None = attrs.field(default=None, metadata=ABSENT)
    fail_fast: bool | None = attrs.field(default=None, metadata=ABSENT)
    repeat_while: str | None = attrs.field(default=None, metadata=ABSENT)
    repeat_until: str | None = attrs.field(default=None, metadata=ABSENT)
    max_rounds: int | None = attrs.field(default=None, metadata=ABSENT)
    retry: Retry | None = attrs.field(default=None, metadata=ABSENT)
    steps: "dict[str, FlowStep] | None" = attrs.field(default=None, metadata=ABSENT)


@attrs.frozen(kw_only=True)
class TaskDetail:
    """A task. `connections` lists the available connections for each connection type in its input."""

    id: str
    name: str | None = attrs.field(default=None, metadata=ABSENT)
    description: str | None = attrs.field(default=None, metadata=ABSENT)
    mode: str
    folder: str | None = attrs.field(default=None, metadata=ABSENT)
    input: dict[str, TaskField]
    flow: dict[str, FlowStep]
    finally_steps: dict[str, FlowStep] | None = attrs.field(default=None, metadata=ABSENT)
    triggers: tuple[TriggerInfo, ...]
    connections: dict[str, tuple[str, ...]] | None = attrs.field(default=None, metadata=ABSENT)


async def list_all(request: web.Request) -> tuple[TaskItem, ...]:
    """The tasks of all workspaces."""
    names = [status.name for status in request.app[CATALOG].workspaces()]
    found = {name: current_workspace(request.app, name).definitions for name in names}
    return _seen(
        request, (item for name, definitions in found.items() if definitions for item in _items(name, definitions))
    )


async def list_of_workspace(request: web.Request, workspace: str) -> tuple[TaskItem, ...]:
    """The tasks of a workspace."""
    return _seen(request, _items(workspace, current_definitions(request.app, workspace)))


async def get(request: web.Request, workspace: str, task: str) -> TaskDetail:
    """A task with its input, steps and triggers."""
    found = current_task(request.app, workspace, task)
    definitions = current_definitions(request.app, workspace)
    async with request.app[SERVICES].database.read() as connection:
        rows = await triggers.of_workspace(connection, workspace)
    infos = trigger_infos(current_workspace(request.app, workspace), task)
    return TaskDetail(
        id=task,
        name=found.name,
        description=found.description,
        mode=found.job_mode,
        folder=found.folder,
        input=shown_fields(found.input),
        flow=_flow(definitions.actions, found.flow, None),
        finally_steps=_flow(definitions.actions, found.finally_, None) or None,
        triggers=await with_next_runs(request.app, workspace, infos, rows),
        connections=_fitting(found.input, definitions) or None,
    )


def _seen(request: web.Request, items: Iterable[TaskItem]) -> tuple[TaskItem, ...]:
    """The tasks that the client may see, and whether it may start jobs of them."""
    seen, run = reach_for(request, "task.read"), reach_for(request, "job.run")
    if request.app[RIGHTS].rights.is_open:
        return tuple(items)
    return tuple(
        attrs.evolve(one, can_execute=is_reached(run, one.workspace, one.id))
        for one in items
        if is_reached(seen, one.workspace, one.id)
    )


def _items(workspace: str, definitions: Definitions) -> list[TaskItem]:
    triggered = {name for one in definitions.triggers.values() for name in (one.task, one.target)}
    return [
        TaskItem(
            id=key,
            name=task.name,
            description=task.description,
            mode=task.job_mode,
            workspace=workspace,
            folder=task.folder,
            has_triggers=key in triggered,
        )
        for key, task in definitions.tasks.items()
    ]


def _flow(actions: Mapping[str, Action], flow: Mapping[str, Step], group: str | None) -> dict[str, FlowStep]:
    """The steps of a flow outside of groups, or those of a group."""
    return {name_of(key): _flow_step(actions, flow, key, step) for key, step in flow.items() if group_of(key) == group}


def _flow_step(actions: Mapping[str, Action], flow: Mapping[str, Step], key: str, step: Step) -> FlowStep:
    action = actions.get(step.action)
    return FlowStep(
        action=step.action,
        action_type=None if action is None else action.type,
        name=step.name,
        description=step.description,
        depends_on=tuple(map(name_of, step.depends_on)),
        depends_on_conditions={name_of(one): on for one, on in step.depends_on_conditions.items()} or None,
        input=step.input,
        continue_on_failure=step.continue_on_failure,
        timeout=step.timeout,
        when=step.when,
        for_each=step.for_each,
        matrix=step.matrix,
        sequential=step.sequential,
        max_concurrency=step.max_concurrency,
        fail_fast=step.fail_fast or None,
        repeat_while=step.while_,
        repeat_until=step.until,
        max_rounds=step.max_rounds if step.repeats else None,
        retry=step.retry,
        steps=_flow(actions, flow, key) if step.is_group else None,
    )


def _fitting(fields: Mapping[str, InputField], definitions: Definitions) -> dict[str, tuple[str, ...]]:
    return {
        kind: tuple(sorted(name for name, one in definitions.connections.items() if one.type == kind))
        for kind in {field.type for field in fields.values()} - set(PRIMITIVE_TYPES)
    }
