"""Secrets blacked out of what people see."""

import re
import uuid
from collections.abc import Iterable, Iterator, Mapping

import orjson

from stroem.definitions.connection import ConnectionProperty
from stroem.definitions.plan import TaskPlan
from stroem.definitions.values import Json
from stroem.dialects.redaction import MARKER, lines_of, pattern_of, texts
from stroem.orchestrator.job_facts import JobFactsShelf
from stroem.orchestrator.plan_shelf import PlanShelf
from stroem.orchestrator.recent import Recent
from stroem.store.jobs import LockedJob
from stroem.store.statement import Connection

_MASKS = 1024


class Mask:
    """Replaces every occurrence of some secrets by six dots."""

    def __init__(self, secrets: Iterable[str]) -> None:
        lines = lines_of(secrets)
        self._pattern = pattern_of(lines)
        self._raw = re.compile(b"|".join(re.escape(orjson.dumps(line)[1:-1]) for line in lines))

    def apply(self, data: bytes) -> bytes:
        """JSONL of log lines with the secrets in their texts replaced; the rest of each line stays as it is."""
        if self._pattern is None or not self._raw.search(data):
            return data
        masked = bytearray()
        for line in data.splitlines(keepends=True):
            masked += self._masked(self._pattern, line) if self._raw.search(line) else line
        return bytes(masked)

    def _masked(self, pattern: re.Pattern[str], line: bytes) -> bytes:
        try:
            parsed = orjson.loads(line)
            parsed["line"] = pattern.sub(MARKER, parsed["line"])
        except (orjson.JSONDecodeError, KeyError, TypeError):
            return self._raw.sub(MARKER.encode(), line)  # not a line as the protocol has it
        return orjson.dumps(parsed) + b"\n"


def secrets_of(plan: TaskPlan, job_input: Mapping[str, Json]) -> Iterator[str]:
    """What must not be seen of a job: secrets, secret properties of connections, inputs that are declared secret."""
    yield from texts(plan.secrets)
    for name, field in plan.input.items():
        value = job_input.get(name)
        if field.secret:
            yield from texts(value)
        properties = plan.connection_types.get(field.type, {})
        if isinstance(value, Mapping):
            yield from _secret_properties(properties, value)
    for connection in plan.connections.values():
        yield from _secret_properties(plan.connection_types.get(connection.type or "", {}), connection.values)


def _secret_properties(properties: Mapping[str, ConnectionProperty], values: Mapping[str, Json]) -> Iterator[str]:
    for key, one in properties.items():
        if one.secret:
            yield from texts(values.get(key))


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
            hides = (
                plan.secrets
                or plan.connections
                or any(field.secret or field.type in plan.connection_types for field in plan.input.values())
            )
            facts = (await self._facts.get(connection, [job.id])).get(job.id) if hides else None
            mask = Mask(secrets_of(plan, facts.input or {}) if facts else ())
            self._masks.put(job.id, mask)
        return mask
