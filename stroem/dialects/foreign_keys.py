"""Hints for keys of other tools."""

from collections.abc import Mapping

from stroem.definitions.task import Task
from stroem.definitions.values import Path
from stroem.definitions.workspace import Definitions
from stroem.dialects.no_effect import NO_EFFECT


def _later(hint: str, cls: type, field: str) -> str:
    """The hint, with a note when its field has no effect yet."""
    return f"{hint} (not in effect yet)" if (cls, field) in NO_EFFECT else hint


_DEPENDS = "write `depends_on:` in a step"
_WHEN = "write `when:` in a step, with an expression"
_LOOP = "write `for_each:` in a step, with a list, or `matrix:` with several"
_TRIGGER = _later("write `triggers: { NAME: { type: scheduler, cron: …, task: … } }`", Definitions, "triggers")
_SCRIPT = "write `type: script` and `script:`"
_FLOW_OF_SCRIPT = "write `flow:` with a step of `type: script` and `script:`"
_SECRETS = "write `NAME: '{{ secret.NAME }}'` in `env:` of the action, with `secrets:` at the top of a file"
_RETRY = "write `retry: { max_attempts: … }`"
_USES = "write `action:` with the name of an action, and name libraries in .stroem.yaml"
_INPUT = "write `input:`"
FLOW_HINT = "write `flow:`, a mapping of step names to steps"
_TASKS = "write `tasks:`; each has its steps under `flow:`"
_TAGS = "write `tags:` in the action; it runs on workers that have them"
_TIMEOUT = "write `timeout:` with a length of time, like 10m"
_ENV = "write `env:` in the action"
_ON_FAILURE = "write `continue_on_failure: true`"
_ON_ERROR = _later("write `on_error:`, a list of hooks", Task, "on_error")
_WORKDIR = "write `cd` in the script; it starts at the top of the workspace"
_ONE_ACTION = "a step is one action: write several steps under `flow:`, with `depends_on:`"
_NAME = "the key of a task, a step or an action is its name"
_KUBERNETES = "this is no manifest: write `tasks:`, `actions:` and `triggers:` at the top"
_LIBRARIES = "name libraries in .stroem.yaml, under `libraries:`"

_ANYWHERE = {
    "needs": _DEPENDS,
    "after": _DEPENDS,
    "requires": _DEPENDS,
    "upstream": _DEPENDS,
    "if": _WHEN,
    "only": _WHEN,
    "rules": _WHEN,
    "condition": _WHEN,
    "matrix": _LOOP,
    "strategy": _LOOP,
    "with_items": _LOOP,
    "with_param": _LOOP,
    "withitems": _LOOP,
    "withparam": _LOOP,
    "loop": _LOOP,
    "cron": _TRIGGER,
    "schedule": _TRIGGER,
    "schedules": _TRIGGER,
    "on": _TRIGGER,
    "run": _SCRIPT,
    "bash": _SCRIPT,
    "commands": _SCRIPT,
    "secrets": _SECRETS,
    "secret": _SECRETS,
    "uses": _USES,
    "with": _INPUT,
    "inputs": _INPUT,
    "params": _INPUT,
    "parameters": _INPUT,
    "arguments": _INPUT,
    "runs_on": _TAGS,
    "nodeselector": _TAGS,
    "agents": _TAGS,
    "timeout_minutes": _TIMEOUT,
    "timeout_seconds": _TIMEOUT,
    "timeout_secs": _TIMEOUT,
    "activedeadlineseconds": _TIMEOUT,
    "environment": _ENV,
    "envs": _ENV,
    "variables": _ENV,
    "vars": _ENV,
    "continue_on_error": _ON_FAILURE,
    "allow_failure": _ON_FAILURE,
    "ignore_failure": _ON_FAILURE,
    "on_failure": _ON_ERROR,
    "onfailure": _ON_ERROR,
    "onexit": _ON_ERROR,
    "retries": _RETRY,
    "retrystrategy": _RETRY,
    "working_directory": _WORKDIR,
    "working_dir": _WORKDIR,
    "workingdir": _WORKDIR,
    "cwd": _WORKDIR,
    "shell": "write `interpreter:` in the action, or `language:`",
    "container": "write `type: docker` and `image:` (no worker of this version runs containers)",
    "id": _NAME,
}
"""By key, in lower case and with `_` for `-`."""
_AT_TOP = {
    "jobs": _TASKS,
    "job": _TASKS,
    "workflow": _TASKS,
    "workflows": _TASKS,
    "pipeline": _TASKS,
    "pipelines": _TASKS,
    "dags": _TASKS,
    "stages": _TASKS,
    "steps": _TASKS,
    "flow": _TASKS,
    "task": _TASKS,
    "templates": "write `actions:` for what steps share, and `tasks:`",
    "env": _ENV,
    "name": _NAME,
    "include": _LIBRARIES,
    "imports": _LIBRARIES,
    "libraries": _LIBRARIES,
    "apiversion": _KUBERNETES,
    "kind": _KUBERNETES,
    "metadata": _KUBERNETES,
    "spec": _KUBERNETES,
}
_IN_TASK = {
    "steps": FLOW_HINT,
    "jobs": FLOW_HINT,
    "stages": FLOW_HINT,
    "tasks": FLOW_HINT,
    "dag": FLOW_HINT,
    "script": _FLOW_OF_SCRIPT,
    "cmd": _FLOW_OF_SCRIPT,
    "run": _FLOW_OF_SCRIPT,
    "action": "write `flow:` with a step that has this `action:`",
    "env": _ENV,
    "tags": _TAGS,
}
_IN_STEP = {"steps": _ONE_ACTION, "flow": _ONE_ACTION, "jobs": _ONE_ACTION}
_IN_TRIGGER = {
    "schedule": "write `cron:`",
    "schedules": "write `cron:`, in one trigger for each",
    "crontab": "write `cron:`",
    "tz": "write `timezone:`",
    "action": "write `task:`; triggers start tasks",
    "inputs": _INPUT,
    "params": _INPUT,
    "with": _INPUT,
}
_BY_PLACE: Mapping[tuple[str, int], Mapping[str, str]] = {
    ("", 0): _ANYWHERE | _AT_TOP,
    ("tasks", 2): _ANYWHERE | _IN_TASK,
    ("tasks", 4): _ANYWHERE | _IN_STEP,
    ("actions", 2): _ANYWHERE | _IN_STEP,
    ("triggers", 2): _IN_TRIGGER,
}
_NO_ACTION = frozenset({"run", "bash", "commands", "uses", "flow", "jobs"})


def foreign_hint(key: str, path: Path) -> str | None:
    """Hint for a key of another tool in the mapping at a path; None for other keys."""
    return _BY_PLACE.get((str(path[0]) if path else "", len(path)), {}).get(_plain(key))


def stands_for_action(key: str) -> bool:
    """Whether a key of another tool stands for the action of a step."""
    return _plain(key) in _NO_ACTION


def _plain(key: str) -> str:
    return key.lower().replace("-", "_")
