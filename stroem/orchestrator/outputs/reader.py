"""Reads large outputs, when a template or a person asks for them."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Collection, Mapping
from typing import Any

import attrs
import orjson

from stroem.blobs.blob_store import BlobStore
from stroem.definitions.values import Json
from stroem.engine.plan import TaskPlan
from stroem.engine.requests import Scope
from stroem.engine.values.outputs_read import outputs_read
from stroem.errors import NotRunnable
from stroem.interfaces.nodes import Node
from stroem.records.large_output import LargeOutput, reference_in, references_in, replaced
from stroem.redaction.redactor import Redactor
from stroem.store.database import Database
from stroem.store.jobs.results import large_outputs
from stroem.store.jobs.steps import StepId
from stroem.store.statement import Connection

MOST_BYTES = 64 * 1024 * 1024
"""The most bytes of large outputs that the templates of one step may read."""
_MOST_REFERENCES = 100_000
_LEVELS = 12
"""Most levels of references behind references: of loops inside loops, and jobs that start jobs."""
_COMPOSED = ("block", "loop", "task")
"""Kinds of nodes whose outputs are made of those of other steps."""
Key = StepId | str
"""A step, or a digest."""


class OutputReader:
    """Reads large outputs of jobs. What only looks like a reference stays as it is."""

    def __init__(self, database: Database, blobs: BlobStore) -> None:
        self._database = database
        self._blobs = blobs

    async def for_templates(
        self, connection: Connection, job_id: uuid.UUID, plan: TaskPlan, node: int, templates: Json, scope: Scope
    ) -> Scope:
        """The scope with the large outputs that these templates of a node read.

        Raises NotRunnable if they are too large together, BlobMissing and BlobCorrupt.
        """
        large = {one for one, result in scope.results.items() if _refers(plan.node(one), result.output)}
        if not large or not (read := large & outputs_read(plan, node, templates)):
            return scope
        results = dict(scope.results)
        for one in read:
            output = await self.filled(connection, job_id, plan.task, results[one].output)
            results[one] = attrs.evolve(results[one], output=output)
        return attrs.evolve(scope, results=results)

    async def filled(self, connection: Connection, job_id: uuid.UUID, task: str, value: Json) -> Json:
        """The value with all large outputs in it. Raises as `for_templates`."""
        size = count = 0
        for _ in range(_LEVELS):
            references = list(references_in(value))
            found = await self._found(connection, job_id, {_key(one) for one in references})
            if not found:
                break
            size += sum(one.size for one in {_key(one): one for one in references}.values() if _key(one) in found)
            count += len(references)
            if size > MOST_BYTES or count > _MOST_REFERENCES:
                reason = f"a step reads outputs of {size:,} bytes; at most {MOST_BYTES:,} can be read at once"
                raise NotRunnable(task=task, reason=reason)
            values = {key: await self._loaded(one) for key, one in found.items()}
            value = _with(value, values)
        return value

    async def pieces(self, job_id: uuid.UUID, value: Json, redactor: Redactor, level: int = 0) -> AsyncIterator[bytes]:
        """The JSON text of an output without secrets, piece by piece, in the memory of one large output."""
        if (one := reference_in(value)) is not None and level < _LEVELS:
            async for piece in self._pieces_of(job_id, one, redactor, level + 1):
                yield piece
        elif not _has_reference(value) or level >= _LEVELS:
            yield await asyncio.to_thread(_shown, value, redactor)
        elif isinstance(value, Mapping):
            for number, (key, item) in enumerate(value.items()):
                yield (b"," if number else b"{") + orjson.dumps(redactor.text(key)) + b":"
                async for piece in self.pieces(job_id, item, redactor, level):
                    yield piece
            yield b"}"
        elif isinstance(value, list | tuple):
            for number, item in enumerate(value):
                yield b"," if number else b"["
                async for piece in self.pieces(job_id, item, redactor, level):
                    yield piece
            yield b"]"

    async def _pieces_of(
        self, job_id: uuid.UUID, one: LargeOutput, redactor: Redactor, level: int
    ) -> AsyncIterator[bytes]:
        async with self._database.read() as connection:
            found = (await self._found(connection, job_id, {_key(one)}, shown=True)).get(_key(one))
        if found is None:
            yield _shown(one.json, redactor)
        elif isinstance(found, tuple):
            async for piece in self.pieces(job_id, found[0], redactor, level):
                yield piece
        else:
            data = await self._blobs.get(found.digest)
            yield await asyncio.to_thread(_redacted, data, redactor) if redactor.knows_secrets else data

    async def _found(
        self, connection: Connection, job_id: uuid.UUID, wanted: Collection[Key], *, shown: bool = False
    ) -> dict[Key, Any]:
        """Targets of references: rows of large outputs, and outputs of steps in a tuple; masked if `shown`."""
        found: dict[Key, Any] = {}
        if digests := [key for key in wanted if isinstance(key, str)]:
            found.update(await large_outputs.find(connection, job_id, digests, shown=shown))
        if steps := [key for key in wanted if not isinstance(key, str)]:
            if others := {job for job, _ in steps} - {job_id}:
                allowed = {job_id, *await large_outputs.descendants(connection, job_id, others)}
                steps = [key for key in steps if key[0] in allowed]
            full = None if shown else job_id
            outputs = await large_outputs.outputs_of_steps(connection, steps, full)
            found.update({key: (output,) for key, output in outputs.items()})
        return found

    async def _loaded(self, found: Any) -> Json:
        if isinstance(found, tuple):
            output: Json = found[0]
            return output
        data = await self._blobs.get(found.digest) if found.body is None else found.body.encode()
        value: Json = await asyncio.to_thread(orjson.loads, data)
        return value


def _refers(node: Node, output: Json) -> bool:
    """True if the output of a step has references. That of an action is one as a whole; others may contain some."""
    return reference_in(output) is not None or (node.kind in _COMPOSED and _has_reference(output))


def _has_reference(value: Json) -> bool:
    return next(references_in(value), None) is not None


def _key(one: LargeOutput) -> Key:
    return one.digest if one.job is None or one.step is None else (one.job, one.step)  # type: ignore[return-value]


def _with(value: Json, values: Mapping[Key, Json]) -> Json:
    return replaced(value, lambda one: values.get(_key(one), one.json))  # type: ignore[no-any-return]


def _shown(value: Json, redactor: Redactor) -> bytes:
    return orjson.dumps(redactor.value(value))


def _redacted(data: bytes, redactor: Redactor) -> bytes:
    return _shown(orjson.loads(data), redactor)
