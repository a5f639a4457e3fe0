"""Compiles a task of a workspace into the plan that its jobs pin."""

from collections.abc import Collection, Iterator, Mapping

from stroem.definitions.action import Action
from stroem.definitions.kinds import STEP_FIELDS
from stroem.definitions.references import connection_types, connections_of
from stroem.definitions.task import Step, Task
from stroem.definitions.values import Json
from stroem.definitions.workspace import Definitions
from stroem.engine.plan import PlannedStep, TaskPlan
from stroem.errors import NotFound, NotRunnable
from stroem.templating.language.hyphens import underscored
from stroem.templating.template import references

_ABILITIES = {"local": "script", "docker": "docker", "pod": "kubernetes"}


def runner_of(action: Action) -> str:
    """The runner of an action as the wire names it, or `none`."""
    if action.type == "script":
        return action.runner or "local"
    return {"docker": "docker", "pod": "pod"}.get(action.type, "none")


def ability_of(action: Action, abilities: Mapping[str, str]) -> str:
    """The ability that an action requires of a worker. `abilities` are those of third-party runners, by name."""
    runner = runner_of(action)
    return abilities.get(runner) or _ABILITIES.get(runner, runner)


def templates_of(action: Action) -> list[Json]:
    """The values of an action that are rendered when a worker takes a step."""
    return [value for name in STEP_FIELDS if (value := getattr(action, name))]


def make_plan(name: str, definitions: Definitions, abilities: Mapping[str, str]) -> TaskPlan:
    """The plan of a task. Raises NotFound for an unknown task, NotRunnable for one that cannot run here."""
    task = definitions.tasks.get(name)
    if task is None:
        raise NotFound(kind="Task", name=name)
    _refuse_what_does_not_run(name, task, definitions)
    actions = {step.action: definitions.actions[step.action] for step in task.flow.values()}
    inputs = (task.input, *(action.input for action in actions.values()))
    fields = [field for declared in inputs for field in declared.values()]
    types = connection_types(fields)
    connections = connections_of(types, definitions)
    read = {
        step_name: references([step.input, *templates_of(actions[step.action])], steps=task.flow)
        for step_name, step in task.flow.items()
    }
    values = [*(field.default for field in fields), *(connection.values for connection in connections.values())]
    secrets = {path[1] for path in references(values).union(*read.values()) if path[0] == "secret" and len(path) > 1}
    return TaskPlan(
        task=name,
        steps=tuple(_steps(task, actions, read, abilities)),
        actions=actions,
        input=task.input,
        secrets={key: value for key, value in definitions.secrets.items() if key in secrets},
        connections=connections,
        connection_types={key: value for key, value in definitions.connection_types.items() if key in types},
        mode=task.mode,
        timeout=task.timeout,
    )


def _steps(
    task: Task,
    actions: Mapping[str, Action],
    read: Mapping[str, Collection[tuple[str, ...]]],
    abilities: Mapping[str, str],
) -> Iterator[PlannedStep]:
    """The steps in the order of the flow. `read` are the paths that each step's templates read."""
    positions = {name: position for position, name in enumerate(task.flow)}
    variables = {underscored(name): position for name, position in positions.items()}
    dependents: dict[str, list[int]] = {name: [] for name in task.flow}
    for name, step in task.flow.items():
        for dependency in dict.fromkeys(step.depends_on):
            dependents[dependency].append(positions[name])
    for name, step in task.flow.items():
        action = actions[step.action]
        yield PlannedStep(
            name=name,
            action=step.action,
            depends_on=tuple(positions[dependency] for dependency in dict.fromkeys(step.depends_on)),
            dependents=tuple(dependents[name]),
            refers_to=tuple(sorted({variables[path[0]] for path in read[name] if path[0] in variables})),
            continue_on_failure=step.continue_on_failure,
            input=step.input,
            timeout=step.timeout,
            ability=ability_of(action, abilities),
            tags=tuple(dict.fromkeys(action.tags)),
            title=step.name,
            description=step.description,
        )


def _refuse_what_does_not_run(name: str, task: Task, definitions: Definitions) -> None:
    for step_name, step in task.flow.items():
        if reason := _reason_against(step, definitions.actions.get(step.action)):
            raise NotRunnable(task=name, reason=f"step {step_name!r} {reason}")


def _reason_against(step: Step, action: Action | None) -> str | None:
    if action is None:
        where = "is in no library or workspace here" if "." in step.action else "this workspace does not define"
        return f"uses the action {step.action!r}, which {where}"
    if action.type in ("task", "agent", "approval"):
        return f"is of type {action.type!r}, which this version does not execute yet"
    if step.when is not None:
        return "has a condition (when), which this version does not execute yet"
    if step.for_each is not None:
        return "is a loop (for_each), which this version does not execute yet"
    return None
