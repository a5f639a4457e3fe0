"""Tasks, actions and triggers of a workspace in a folder, in the API's form."""

import datetime
from pathlib import Path
from typing import Any

from stroem.cli.local.workspace_folder import checkout_of, workspace_of
from stroem.cli.output.errors import Failure
from stroem.cli.output.output import counted, echo
from stroem.cli.output.suggestion import suggestion
from stroem.conversion import canonical
from stroem.definitions.action import Action
from stroem.definitions.task import is_inline
from stroem.definitions.trigger_options import target_of
from stroem.definitions.workspace import Definitions
from stroem.interfaces.triggers.fire_times import next_fires
from stroem.redaction.redactor import MARKER

_RUNS = 5


def local_definitions(path: Path) -> Definitions:
    """Definitions of a workspace and the libraries inside it.

    Prints the number of mistakes on stderr. Raises `Failure` when there are no workflow files.
    """
    found = checkout_of(workspace_of(path))
    validation = found.validation()
    errors = sum(problem.severity == "error" for problem in found.all_problems(validation))
    if errors:
        echo(f"{counted(errors, 'mistake')}; see: stroem validate {path}", err=True)
    return validation.definitions


def local_tasks(definitions: Definitions) -> list[dict[str, Any]]:
    """The tasks, with the keys of the API."""
    triggered = {name for one in definitions.triggers.values() for name in (one.task, one.target)}
    return [
        {
            "id": key,
            "name": task.name,
            "description": task.description,
            "mode": task.mode,
            "folder": task.folder,
            "has_triggers": key in triggered,
        }
        for key, task in definitions.tasks.items()
    ]


def local_actions(definitions: Definitions) -> list[dict[str, Any]]:
    """The named actions, sorted by name."""
    return [_action(name, one) for name, one in sorted(definitions.actions.items()) if not is_inline(name)]


def local_triggers(definitions: Definitions, task: str | None = None) -> list[dict[str, Any]]:
    """The triggers, of one task or all, with the keys of the API."""
    now = datetime.datetime.now(datetime.UTC)
    return [
        {
            "name": name,
            "type": one.type,
            "cron": getattr(one.options, "cron", None),
            "timezone": getattr(one.options, "timezone", None),
            "task": one.task,
            "target_task": target_of(one.options),
            "enabled": one.enabled,
            "next_runs": [time.isoformat() for time in next_fires(one, now, _RUNS)],
        }
        for name, one in definitions.triggers.items()
        if task is None or task in (one.task, one.target)
    ]


def inspected(definitions: Definitions, name: str) -> dict[str, Any]:
    """A task in the API's form: input, steps with their actions, triggers. Raises `Failure`."""
    if name not in definitions.tasks:
        near = suggestion(name, list(definitions.tasks))
        raise Failure(f"There is no task {name!r} here.{near} List them with: stroem tasks --path .")
    task = definitions.tasks[name]
    plain = canonical.to_json(task)
    if cleanup := plain.pop("finally_", None):
        plain["finally_steps"] = cleanup
    for key, field in task.input.items():
        if field.secret and field.default is not None:
            plain["input"][key]["default"] = MARKER
    used = {step.action for step in task.steps.values()}
    actions = {key: canonical.to_json(one) for key, one in definitions.actions.items() if key in used}
    return {"id": name, **plain, "actions": actions, "triggers": local_triggers(definitions, name)}


def _action(name: str, action: Action) -> dict[str, Any]:
    return {
        "id": name,
        "type": action.type,
        "runner": action.runner,
        "description": action.description,
        "input": sorted(action.input),
    }
