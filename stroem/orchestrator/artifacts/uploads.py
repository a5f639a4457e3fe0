"""Uploads of artifacts by running steps."""

import uuid
from typing import IO

import attrs

from stroem.blobs.blob_store import BlobStore
from stroem.definitions.artifact_names import name_problem
from stroem.engine.values.state import ENDED
from stroem.errors import BadRequest, Conflict, LeaseLost, LimitExceeded, NotFound
from stroem.orchestrator.plans.job_cache import JobCache
from stroem.orchestrator.plans.step_names import StepNames
from stroem.store import blob_garbage
from stroem.store.artifacts import uploads
from stroem.store.artifacts.uploads import NewArtifact, Writer, WriterState
from stroem.store.database import Database
from stroem.store.statement import Connection


@attrs.frozen(kw_only=True)
class ArtifactLimits:
    """Bytes of one artifact, and of all of a job, and their number."""

    file_bytes: int = 100 * 1024 * 1024
    job_bytes: int = 1024 * 1024 * 1024
    job_files: int = 10_000


@attrs.frozen(kw_only=True)
class Upload:
    """An artifact that a worker sends. `step_name` is the name that the worker uses."""

    writer: Writer
    step_name: str
    name: str
    content_type: str


@attrs.frozen(kw_only=True)
class Content:
    """A received content: an open file, its SHA-256 and its size in bytes."""

    file: IO[bytes]
    digest: str
    size: int


class ArtifactUploads:
    """Stores artifacts of running attempts. They count once the step has completed with that attempt.

    So nothing is left of attempts that fail, are lost or are cancelled, and an outcome makes all of its artifacts
    visible at once.
    """

    def __init__(
        self, database: Database, blobs: BlobStore, names: StepNames, jobs: JobCache, limits: ArtifactLimits
    ) -> None:
        self._database = database
        self._blobs = blobs
        self._names = names
        self._jobs = jobs
        self.limits = limits

    async def writer(self, job_id: uuid.UUID, step_name: str, attempt: int) -> Writer:
        """The attempt that a worker of the older contract names. Raises NotFound."""
        async with self._database.read() as connection:
            found = await self._names.find(connection, [(job_id, step_name)])
            if not found:
                raise await self._names.missing(connection, job_id, step_name)
        return Writer(job_id=job_id, step=found[job_id, step_name][1], attempt=attempt)

    async def check(self, upload: Upload, size: int) -> None:
        """Refuses an upload of at least `size` bytes before it is received.

        Raises BadRequest for a name that is not allowed, NotFound, Conflict for a job that has ended, LeaseLost for a
        step that the worker does not run any more, LimitExceeded.
        """
        if (problem := name_problem(upload.name)) is not None:
            raise BadRequest(message=f"The name of an artifact {problem}")
        async with self._database.read() as connection:
            await self._checked(connection, upload, size, lock=False)

    async def store(self, upload: Upload, content: Content) -> uuid.UUID:
        """Stores an artifact; returns its id. Raises the errors of `check`.

        Its content is a candidate of the garbage collector from the start: nothing stays if the server dies meanwhile.
        """
        await self.keep_for_now(content)
        async with self._database.begin() as connection:
            state = await self._checked(connection, upload, content.size, lock=True)
            new = await self._new(connection, upload, state, content)
            return await uploads.add_artifact(connection, upload.writer, state, new)

    async def keep_for_now(self, content: Content) -> None:
        """Stores a content without a reference: it is deleted in a day or two if it gets none."""
        async with self._database.begin() as connection:
            await blob_garbage.add(connection, [content.digest])
        await self._blobs.put_file(content.file, content.digest, content.size)

    async def drop(self, writer: Writer, step_name: str) -> None:
        """Deletes what a running attempt has uploaded. Raises NotFound, Conflict and LeaseLost."""
        async with self._database.begin() as connection:
            await self._state(connection, writer, step_name, lock=True)
            await uploads.drop_artifacts(connection, writer)

    async def _checked(self, connection: Connection, upload: Upload, size: int, *, lock: bool) -> WriterState:
        state = await self._state(connection, upload.writer, upload.step_name, lock=lock)
        others = await uploads.other_artifacts(connection, upload.writer, upload.name)
        limits = self.limits
        if size > limits.file_bytes:
            reason = f"has more than {limits.file_bytes:,} bytes (artifact_storage.max_file_bytes)"
        elif others.size_bytes + size > limits.job_bytes:
            reason = f"and the others of the job have more than {limits.job_bytes:,} bytes together"
            reason += " (artifact_storage.max_job_bytes)"
        elif others.files >= limits.job_files:
            reason = f"is one more than the {limits.job_files:,} of a job (artifact_storage.max_job_files)"
        else:
            return state
        raise LimitExceeded(message=f"Artifact {upload.name!r} {reason}")

    async def _state(self, connection: Connection, writer: Writer, step_name: str, *, lock: bool) -> WriterState:
        state = await uploads.writer_state(connection, writer, lock=lock)
        if state is None:
            raise NotFound(kind="Job", name=writer.job_id)
        if state.job_status in ENDED:
            raise Conflict(message=f"Job {writer.job_id} has ended")
        if state.node is None:
            raise NotFound(kind="Step", name=step_name)
        if not state.may_write:
            raise LeaseLost(step=step_name)
        return state

    async def _new(self, connection: Connection, upload: Upload, state: WriterState, content: Content) -> NewArtifact:
        step_id = (upload.writer.job_id, upload.writer.step)
        plan = await self._jobs.plan(connection, upload.writer.job_id)
        node = plan.node(state.node) if state.node is not None and state.node < len(plan.nodes) else None
        return NewArtifact(
            name=upload.name,
            content_type=upload.content_type,
            size_bytes=content.size,
            blob=content.digest,
            step_name=(await self._names.names_of(connection, [step_id]))[step_id],
            keep=None if node is None or node.artifacts is None else node.artifacts.keep,
        )
