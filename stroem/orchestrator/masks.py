"""Secrets blacked out of what people see."""

import re
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence

import orjson

from stroem.definitions.plan import TaskPlan
from stroem.definitions.values import Json
from stroem.orchestrator.job_facts import JobFactsShelf
from stroem.orchestrator.plan_shelf import PlanShelf
from stroem.orchestrator.recent import Recent
from stroem.store.database import Connection
from stroem.store.jobs import LockedJob

MARKER = "••••••"
_SHORTEST = 4
_MASKS = 1024


class Mask:
    """Replaces every occurrence of some secrets by six dots."""

    def __init__(self, secrets: Iterable[str]) -> None:
        lines = {line for secret in secrets for line in secret.splitlines() if len(line) >= _SHORTEST}
        forms = {orjson.dumps(line)[1:-1] for line in lines}
        ordered = sorted(forms, key=len, reverse=True)
        self._pattern = re.compile(b"|".join(map(re.escape, ordered))) if ordered else None

    def apply(self, data: bytes) -> bytes:
        """JSON text with its secrets replaced."""
        return data if self._pattern is None else self._pattern.sub(MARKER.encode(), data)

    def apply_to(self, value: Json) -> Json:
        """A JSON value with its secrets replaced."""
        return value if self._pattern is None else orjson.loads(self.apply(orjson.dumps(value)))


def texts(value: Json) -> Iterator[str]:
    """The strings in a value, at any depth."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from texts(inner)
    elif isinstance(value, Sequence):
        for inner in value:
            yield from texts(inner)


def secrets_of(plan: TaskPlan, job_input: Mapping[str, Json]) -> Iterator[str]:
    """What must not be seen of a job: secrets, secret properties of connections, inputs that are declared secret."""
    yield from texts(plan.secrets)
    for name, field in plan.input.items():
        value = job_input.get(name)
        if field.secret:
            yield from texts(value)
        properties = plan.connection_types.get(field.type, {})
        if isinstance(value, Mapping):
            for key, one in properties.items():
                if one.secret:
                    yield from texts(value.get(key))


class Masks:
    """The mask of each job, at hand."""

    def __init__(self, shelf: PlanShelf, facts: JobFactsShelf) -> None:
        self._shelf = shelf
        self._facts = facts
        self._masks: Recent[uuid.UUID, Mask] = Recent(_MASKS)

    async def of(self, connection: Connection, job: LockedJob) -> Mask:
        """The mask of a job's secrets."""
        mask = self._masks.get(job.id)
        if mask is None:
            plan = (await self._shelf.get(connection, job.plan)).plan
            hides = plan.secrets or any(
                field.secret or field.type in plan.connection_types for field in plan.input.values()
            )
            facts = (await self._facts.get(connection, [job.id])).get(job.id) if hides else None
            mask = Mask(secrets_of(plan, facts.input or {}) if facts else ())
            self._masks.put(job.id, mask)
        return mask
