"""Secrets taken out of what is shown."""

import re
from collections.abc import Iterable, Iterator, Mapping

from stroem.definitions.plan import TaskPlan
from stroem.definitions.values import Json
from stroem.orchestrator.masks import MARKER, secrets_of, texts

_SHORTEST = 4


class Redactor:
    """Replaces secret values wherever they stand in a text, and references to secrets as a whole."""

    def __init__(self, secrets: Iterable[str]) -> None:
        lines = {line for text in secrets for line in text.splitlines() if len(line) >= _SHORTEST}
        ordered = sorted(lines, key=len, reverse=True)
        self._pattern = re.compile("|".join(map(re.escape, ordered))) if ordered else None

    def text(self, text: str) -> str:
        """The text with every secret in it replaced."""
        if text.startswith("ref+"):
            return MARKER
        return text if self._pattern is None else self._pattern.sub(MARKER, text)

    def value(self, value: Json) -> Json:
        """The value with every secret in its texts replaced."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, Mapping):
            return {self.text(key): self.value(item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [self.value(item) for item in value]
        return value


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
