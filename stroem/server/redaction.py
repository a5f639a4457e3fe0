"""The secrets of a job taken out of what is shown of it."""

from collections.abc import Iterable, Iterator, Mapping

from stroem.definitions.plan import TaskPlan
from stroem.definitions.values import Json
from stroem.dialects.redaction import MARKER, Redactor, texts
from stroem.orchestrator.masks import secrets_of


def redactor_of(plan: TaskPlan, inputs: Iterable[Json], workspace_secrets: Json = None) -> Redactor:
    """Knows the secrets of a job: its plan's, its connections', and those that were given as input."""
    found = [*texts(plan.secrets), *texts(workspace_secrets), *_of_connections(plan)]
    for given in inputs:
        if isinstance(given, Mapping):
            found.extend(secrets_of(plan, given))
    return Redactor(found)


def hide_secret_fields(plan: TaskPlan, given: Json) -> Json:
    """An input whose secret fields show the marker alone, however short their values are."""
    if not isinstance(given, Mapping):
        return given
    return {
        name: MARKER if value is not None and name in plan.input and plan.input[name].secret else value
        for name, value in given.items()
    }


def _of_connections(plan: TaskPlan) -> Iterator[str]:
    for connection in plan.connections.values():
        properties = plan.connection_types.get(connection.type or "", {})
        for name, value in connection.values.items():
            if name in properties and properties[name].secret:
                yield from texts(value)
