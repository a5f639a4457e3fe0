"""Artifacts of a workspace, found across its jobs."""

import uuid
from typing import Literal

import attrs
from aiohttp import web

from stroem.orchestrator.artifacts.facts import artifact_url
from stroem.server.api.jobs.artifacts import Artifact
from stroem.server.api.lookup import current_workspace
from stroem.server.api.rights.live_rights import reach_for
from stroem.server.http.paging import Paging
from stroem.server.keys import SERVICES
from stroem.store.artifacts.listed import ArtifactFilter, artifacts_of_workspace

JobStatus = Literal["pending", "running", "completed", "failed", "cancelled"]


@attrs.frozen(kw_only=True)
class ArtifactQuery(Paging):
    """Filter of artifacts. In `name`, `*` stands for any characters; `job_status` is that of their jobs."""

    task: str | None = None
    name: str | None = None
    step: str | None = None
    job_status: JobStatus | None = None


@attrs.frozen(kw_only=True)
class FoundArtifact(Artifact):
    """An artifact with its job."""

    job_id: uuid.UUID
    task: str
    job_status: str


@attrs.frozen(kw_only=True)
class FoundArtifacts:
    """A page of artifacts, newest first. `has_more` is true if others follow."""

    items: tuple[FoundArtifact, ...]
    has_more: bool


async def list_of_workspace(request: web.Request, workspace: str, query: ArtifactQuery) -> FoundArtifacts:
    """The artifacts of a workspace, newest first.

    With `task`, `name`, `job_status=completed` and `limit=1`, the latest one of a successful job.
    """
    current_workspace(request.app, workspace)
    limit, offset = query.clamped(request)
    wanted = ArtifactFilter(
        workspace=workspace,
        task=query.task,
        name=query.name,
        step=query.step,
        job_status=query.job_status,
        limit=limit + 1,
        offset=offset,
        reach=reach_for(request, "artifact.read"),
    )
    async with request.app[SERVICES].database.read() as connection:
        rows = await artifacts_of_workspace(connection, wanted)
    items = tuple(
        FoundArtifact(
            name=row.name,
            content_type=row.content_type,
            size_bytes=row.size_bytes,
            step_name=row.step_name,
            created_at=row.created_at,
            url=artifact_url(row.job_id, row.name),
            sha256=row.blob,
            expires_at=row.expires_at,
            job_id=row.job_id,
            task=row.task,
            job_status=row.job_status or "",
        )
        for row in rows[:limit]
    )
    return FoundArtifacts(items=items, has_more=len(rows) > limit)
