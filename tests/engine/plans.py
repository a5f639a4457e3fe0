"""Plans and budgets for tests of the engine."""

from stroem.definitions.action import Action
from stroem.definitions.connection import Connection, ConnectionProperty
from stroem.definitions.task import Step, Task
from stroem.definitions.values import Json
from stroem.definitions.workspace import Definitions
from stroem.engine.compile import make_plan
from stroem.engine.plan import TaskPlan

SECRETS: dict[str, Json] = {"password": "hunter22", "unused": "x"}
CONNECTIONS = {
    "main": Connection(type="postgres", values={"host": "db", "password": "{{ secret.password }}"}),
    "other": Connection(type="mysql", values={"host": "h"}),
}
CONNECTION_TYPES = {
    "postgres": {"host": ConnectionProperty(), "port": ConnectionProperty(default=5432)},
    "mysql": {"host": ConnectionProperty()},
}


def workspace(task: Task, **actions: Action) -> Definitions:
    """A workspace with the task `t`, two secrets, and two connections of two types."""
    return Definitions(
        tasks={"t": task},
        actions=actions or {"a": Action(type="script", script="true")},
        secrets=SECRETS,
        connections=CONNECTIONS,
        connection_types=CONNECTION_TYPES,
    )


def plan_of(task: Task, **actions: Action) -> TaskPlan:
    return make_plan("t", workspace(task, **actions), {})


def one_step(action: Action, step_input: dict[str, Json] | None = None, task: Task | None = None) -> TaskPlan:
    """The plan of one step `first`."""
    flow = {"first": Step(action="a", input=step_input or {})}
    return plan_of(Task(flow=flow, input=task.input if task else {}), a=action)
