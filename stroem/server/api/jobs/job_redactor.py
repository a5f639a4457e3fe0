"""Redactor of what the API shows of a job."""

import uuid

from aiohttp import web

from stroem.definitions.values import Json
from stroem.engine.plan import TaskPlan
from stroem.errors import Conflict
from stroem.orchestrator.plans.job_plan import JobPlan
from stroem.redaction.job_secrets import secrets_of
from stroem.redaction.redactor import Redactor, Withholder
from stroem.server.api.jobs.page_redactors import origins_of
from stroem.server.keys import CATALOG, SERVICES
from stroem.store.jobs import jobs


async def redactor_of(app: web.Application, job: jobs.JobRow, plan: TaskPlan) -> Redactor:
    """The redactor of a job's secrets, and of those that its workspace has now. `plan` is the stored one.

    It withholds everything if the secrets of a job that is not redacted yet are gone.
    """
    full = None if job.redacted and not origins_of(job) else await _with_values(app, job.id)
    if full is None and not job.redacted:
        return Withholder()
    live = app[CATALOG].get(job.workspace)
    secrets = live.definitions.secrets if live and live.definitions else None
    own = secrets_of(plan if full is None else full.plan, _raw_input(app, job), job.input)
    return Redactor([*own, *(() if full is None else full.secrets), secrets])


def _raw_input(app: web.Application, job: jobs.JobRow) -> Json:
    """The whole raw input of a job; as it is shown, if it cannot be decrypted: what else is stored is redacted then."""
    try:
        found: Json = app[SERVICES].secrets.inputs.opened(job).raw_input
    except Conflict:
        found = job.raw_input
    return found


async def _with_values(app: web.Application, job_id: uuid.UUID) -> JobPlan | None:
    """The plan of a job with its values; None when they are gone."""
    services = app[SERVICES]

    async def read() -> JobPlan:
        async with services.database.read() as connection:
            return (await services.plans.of(connection, [job_id]))[job_id]

    found = await services.plans.run(read)
    return found if found.error is None else None
