"""Redactors of the jobs of a page."""

import uuid
from collections.abc import Collection, Mapping

from aiohttp import web

from stroem.definitions.values import Json
from stroem.redaction.redactor import Redactor, Withholder
from stroem.server.api.jobs.readable import plans_in
from stroem.server.keys import CATALOG, SERVICES
from stroem.store.jobs.jobs import JobFacts, JobRow
from stroem.store.statement import Connection


async def redactors_of(
    app: web.Application, connection: Connection, workspaces: Mapping[uuid.UUID, str], in_doubt: Collection[uuid.UUID]
) -> dict[uuid.UUID, Redactor]:
    """A redactor for each job of `workspaces`, of the secrets that its workspace has now. Raises NotLoaded.

    For jobs `in_doubt`, whose texts may hold other secrets, also of their own and of those of the job that they come
    from. It withholds everything if these cannot be read.
    """
    secrets = {name: _workspace_secrets(app, name) for name in {*workspaces.values()}}
    shared = {name: Redactor([secret]) for name, secret in secrets.items()}
    cached = app[SERVICES].plans.cached_jobs
    facts = await cached.get(connection, in_doubt)
    await cached.get(connection, {one for fact in facts.values() for one in origins_of(fact)})  # all at once
    full = await plans_in(app, connection, in_doubt)
    found = {job_id: shared[name] for job_id, name in workspaces.items()}
    for job_id in in_doubt:
        plan = full.get(job_id)
        if plan is None or plan.error is not None:
            found[job_id] = Withholder()
        elif plan.secrets:
            found[job_id] = Redactor([*plan.secrets, secrets[workspaces[job_id]]])
    return found


def origins_of(job: JobRow | JobFacts) -> list[uuid.UUID]:
    """The jobs that a job comes from: that started it, of which it is a hook, that it runs again."""
    return [one for one in (job.parent_job, job.hook_of, job.source_job_id) if one is not None]


def _workspace_secrets(app: web.Application, workspace: str) -> Json:
    live = app[CATALOG].get(workspace)
    return live.definitions.secrets if live and live.definitions else None
