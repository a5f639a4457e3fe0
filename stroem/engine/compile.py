"""From a task of a workspace to the plan that a job pins."""

from collections.abc import Mapping, Sequence

from stroem.definitions.action import Action
from stroem.definitions.field import PRIMITIVE_TYPES
from stroem.definitions.task import Step, Task
from stroem.definitions.values import Json
from stroem.definitions.workspace import Definitions
from stroem.engine.plan import PlannedStep, TaskPlan
from stroem.errors import NotFound, NotRunnable
from stroem.templating.template import references

_ABILITIES = {"local": "script", "docker": "docker", "pod": "kubernetes"}
_TEMPLATED = (
    "env",
    "cmd",
    "script",
    "source",
    "args",
    "image",
    "manifest",
    "command",
    "entrypoint",
    "options",
)


def runner_of(action: Action) -> str:
    """The word of the wire for where an action runs: a runner's name, or `none`."""
    if action.type == "script":
        return action.runner or "local"
    return {"docker": "docker", "pod": "pod"}.get(action.type, "none")


def ability_of(action: Action, abilities: Mapping[str, str]) -> str:
    """What a worker must be able to do. `abilities` are those of third-party runners, by runner name."""
    runner = runner_of(action)
    return abilities.get(runner) or _ABILITIES.get(runner, runner)


def templates_of(action: Action) -> list[Json]:
    """The values of an action that are templates."""
    return [value for name in _TEMPLATED if (value := getattr(action, name))]


def make_plan(name: str, definitions: Definitions, abilities: Mapping[str, str]) -> TaskPlan:
    """The plan of a task. Raises NotFound for an unknown task, NotRunnable for what cannot be run here."""
    task = definitions.tasks.get(name)
    if task is None:
        raise NotFound(kind="Task", name=name)
    _refuse_what_does_not_run(name, task, definitions)
    names = tuple(task.flow)
    positions = {step: position for position, step in enumerate(names)}
    spoken = {step.replace("-", "_"): position for step, position in positions.items()}
    dependents: list[list[int]] = [[] for _ in names]
    for position, step in enumerate(task.flow.values()):
        for dependency in dict.fromkeys(step.depends_on):
            dependents[positions[dependency]].append(position)
    kinds = _connection_types_of(task, definitions)
    connections = {key: value for key, value in definitions.connections.items() if value.type in kinds}
    secrets = _secrets_read([[field.default for field in task.input.values()]])
    secrets |= _secrets_read([[connection.values for connection in connections.values()]])
    steps = []
    for position, (step_name, step) in enumerate(task.flow.items()):
        action = definitions.actions[step.action]
        defaults = [field.default for field in action.input.values()]
        read = references([step.input, *templates_of(action)], steps=names)
        secrets |= {path[1] for path in read if path[0] == "secret" and len(path) > 1} | _secrets_read(defaults)
        steps.append(
            PlannedStep(
                name=step_name,
                action=step.action,
                depends_on=tuple(positions[dependency] for dependency in dict.fromkeys(step.depends_on)),
                dependents=tuple(dependents[position]),
                refers_to=tuple(sorted({spoken[path[0]] for path in read if path[0] in spoken})),
                continue_on_failure=step.continue_on_failure,
                input=step.input,
                timeout=step.timeout,
                ability=ability_of(action, abilities),
                tags=tuple(dict.fromkeys(action.tags)),
                title=step.name,
                description=step.description,
            )
        )
    return TaskPlan(
        task=name,
        steps=tuple(steps),
        actions={step.action: definitions.actions[step.action] for step in task.flow.values()},
        input=task.input,
        secrets={key: value for key, value in definitions.secrets.items() if key in secrets},
        connections=connections,
        connection_types={key: value for key, value in definitions.connection_types.items() if key in kinds},
        mode=task.mode,
        timeout=task.timeout,
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


def _secrets_read(values: Sequence[Json]) -> set[str]:
    return {path[1] for path in references(values) if path[0] == "secret" and len(path) > 1}


def _connection_types_of(task: Task, definitions: Definitions) -> set[str]:
    fields = [*task.input.values()]
    for step in task.flow.values():
        fields.extend(definitions.actions[step.action].input.values())
    return {field.type for field in fields if field.type not in PRIMITIVE_TYPES}
