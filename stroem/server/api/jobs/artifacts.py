"""Files that the steps of jobs leave: list and download."""

import datetime
import re
import uuid
from urllib.parse import quote

import attrs
from aiohttp import hdrs, web

from stroem.errors import NotFound
from stroem.orchestrator.artifacts.facts import artifact_url
from stroem.server.http.blob_response import blob_response
from stroem.server.keys import SERVICES
from stroem.store.artifacts.listed import ArtifactRow, artifacts_of_job
from stroem.store.jobs import jobs

_INLINE = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp", "text/plain"})
"""Types that browsers show without danger; all others are downloads."""
_UNSAFE = re.compile(r'[";\\\x00-\x1f\x7f]')


@attrs.frozen(kw_only=True)
class Artifact:
    """A file that a step has left, and where it is downloaded. It is removed at `expires_at`, if that is set."""

    name: str
    content_type: str
    size_bytes: int
    step_name: str
    created_at: datetime.datetime
    url: str
    sha256: str
    expires_at: datetime.datetime | None


async def list_artifacts(request: web.Request, job_id: uuid.UUID) -> tuple[Artifact, ...]:
    """The files that the completed steps of a job have left, by name."""
    async with request.app[SERVICES].database.read() as connection:
        if await jobs.get_job(connection, job_id) is None:
            raise NotFound(kind="Job", name=job_id)
        rows = await artifacts_of_job(connection, job_id)
    return tuple(
        Artifact(
            name=row.name,
            content_type=row.content_type,
            size_bytes=row.size_bytes,
            step_name=row.step_name,
            created_at=row.created_at,
            url=artifact_url(job_id, row.name),
            sha256=row.blob,
            expires_at=row.expires_at,
        )
        for row in rows
    )


async def download(request: web.Request, job_id: uuid.UUID, name: str) -> web.StreamResponse:
    """The content of an artifact, or a range of its bytes. `ETag` and `Digest` are its SHA-256.

    Slashes of the name may be written as they are or as `%2F`.
    """
    services = request.app[SERVICES]
    async with services.database.read() as connection:
        found = await artifacts_of_job(connection, job_id, name)
        if not found and "+" in name:
            found = await artifacts_of_job(connection, job_id, name.replace("+", " "))  # as older programs write blanks
    if not found:
        raise NotFound(kind="Artifact", name=name, hint=f"`stroem artifacts list {job_id}` lists those of the job.")
    headers = _headers(found[0])
    if found[0].blob in {tag.value for tag in request.if_none_match or ()}:
        return web.Response(status=304, headers=headers)
    return await blob_response(request, services.blobs, found[0].blob, headers, found[0].content_type)


def _headers(artifact: ArtifactRow) -> dict[str, str]:
    base = artifact.content_type.partition(";")[0].strip().lower()
    disposition = "inline" if base in _INLINE else "attachment"
    name = artifact.name.rpartition("/")[2]
    plain = _UNSAFE.sub("_", name.encode("ascii", "replace").decode().replace("?", "_"))
    extended = "" if name.isascii() else f"; filename*=UTF-8''{quote(name, safe='')}"
    return {
        hdrs.ETAG: f'"{artifact.blob}"',
        hdrs.CONTENT_DISPOSITION: f'{disposition}; filename="{plain}"{extended}',
        hdrs.CACHE_CONTROL: "private, max-age=0, must-revalidate",
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:",
    }
