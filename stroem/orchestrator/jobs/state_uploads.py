"""Uploads of state by people, and rollbacks; each leaves a completed job as its record."""

import asyncio
import contextlib
import io
import uuid
from collections.abc import Mapping
from typing import Any, Literal

import attrs

from stroem.conversion import canonical
from stroem.definitions.values import Json
from stroem.engine.plan import TaskPlan
from stroem.errors import BadRequest, NotFound
from stroem.files.state_archive import DOCUMENT, PACKED_BYTES, StateTooLarge, StateWriter, members
from stroem.orchestrator.plans.plan_cache import CachedPlan, PlanCache
from stroem.orchestrator.state.snapshots import Snapshots
from stroem.store.database import Database
from stroem.store.jobs import finished_jobs
from stroem.store.jobs.finished_jobs import FinishedJob
from stroem.store.state import publishing, snapshots
from stroem.store.state.publishing import Published
from stroem.store.state.scopes import StateScope
from stroem.store.state.snapshots import SnapshotRow
from stroem.store.state.staging import StagedContent

Mode = Literal["replace", "merge"]
GLOBAL_TASK = "_global_state"
"""The task of jobs that record uploads of global state."""


@attrs.frozen(kw_only=True)
class Author:
    """The person, and the reason, as far as they are known."""

    name: str | None = None
    reason: str | None = None


@attrs.frozen(kw_only=True)
class StateUpload:
    """An upload: an archive without a state.json, perhaps empty, and values for the state.json.

    In the mode `merge`, files and values that are not in the upload stay as they are in the latest snapshot.
    """

    archive: bytes
    values: Mapping[str, str]
    mode: Mode


class _OtherNumber(Exception):
    """The snapshot that an upload was merged into is no longer the latest."""


class StateUploads:
    """Publishes snapshots for people."""

    def __init__(self, database: Database, state: Snapshots, plans: PlanCache) -> None:
        self._database = database
        self._state = state
        self._plans = plans

    async def upload(self, scope: StateScope, given: StateUpload, author: Author) -> Published:
        """Publishes an upload. Raises BadRequest for an archive that is not allowed."""
        uploaded = await self._state.contents.check(given.archive, most=PACKED_BYTES)
        if DOCUMENT in uploaded.files:
            raise BadRequest(message=f"The archive has a {DOCUMENT}; give its values in the query instead")
        while True:
            base = await self._latest(scope) if given.mode == "merge" else None
            content = await self._state.contents.put(await self._archive(given, base))
            number = None if given.mode == "replace" else 1 if base is None else base.number + 1
            with contextlib.suppress(_OtherNumber):
                return await self._publish(scope, content, author, {"mode": given.mode}, number)

    async def roll_back(self, scope: StateScope, number: int, author: Author) -> Published:
        """Publishes a snapshot that equals an older one. Raises NotFound."""
        async with self._database.read() as connection:
            row = await snapshots.get_snapshot(connection, scope, number)
            document = None if row is None else await snapshots.document_of(connection, row.id)
        if row is None:
            raise NotFound(kind="Snapshot", name=number)
        content = StagedContent(blob=row.blob, size_bytes=row.size_bytes, document=document)
        record: dict[str, Json] = {"mode": "rollback", "rollback_of": number, "reason": author.reason}
        return await self._publish(scope, content, author, record)

    async def _latest(self, scope: StateScope) -> SnapshotRow | None:
        async with self._database.read() as connection:
            return await snapshots.find_snapshot(connection, scope)

    async def _archive(self, given: StateUpload, base: SnapshotRow | None) -> bytes:
        """The archive of the new snapshot."""
        if base is None:
            return await asyncio.to_thread(_packed, given, b"", {})
        archive = await self._state.contents.blobs.get(base.blob)
        document = (await self._state.contents.check(archive)).document
        return await asyncio.to_thread(_packed, given, archive, document or {})

    async def _publish(
        self,
        scope: StateScope,
        content: StagedContent,
        author: Author,
        how: Mapping[str, Json],
        number: int | None = None,
    ) -> Published:
        """Publishes the content with its record. Raises `_OtherNumber` if it would not get the `number`."""
        cached = _plan_of(scope)
        record: dict[str, Any] = {
            "size_bytes": content.size_bytes,
            "sha256": content.blob,
            "has_json": content.document is not None,
            "uploaded_by": author.name,
            **how,
        }
        job_id = uuid.uuid4()
        async with self._plans.transaction(self._database, cached) as connection:
            published = await publishing.publish(
                connection, scope, content, self._state.kept, job_id=job_id, made_by=author.name
            )
            if number not in (None, published.number):
                raise _OtherNumber
            job = FinishedJob(
                id=job_id,
                workspace=scope.workspace,
                task=cached.plan.task,
                source_type="upload",
                source_id=author.name,
                plan=cached.digest,
                input={"upload": record},
                output={"snapshot_id": str(published.id)},
            )
            await finished_jobs.create_finished_job(connection, job)
        return published


def _plan_of(scope: StateScope) -> CachedPlan:
    """The plan of a job without steps."""
    plan = TaskPlan(task=scope.task or GLOBAL_TASK, nodes=(), actions={})
    return CachedPlan(digest=canonical.digest_of(canonical.to_bytes(plan)), plan=plan)


def _packed(given: StateUpload, base: bytes, document: Mapping[str, Json]) -> bytes:
    """The files and values of an upload over those of another archive."""
    file = io.BytesIO()
    writer = StateWriter(file)
    values = {**document, **given.values}
    try:
        if values:
            writer.add_document(values)
        for archive in (given.archive, base):
            for member, content in members(io.BytesIO(archive)):
                writer.add_member(member, content)
        writer.close()
    except StateTooLarge as error:
        raise BadRequest(message=f"The state cannot be kept: {error}") from error
    return file.getvalue()
