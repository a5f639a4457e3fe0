"""Creation of links to approvals."""

import datetime
import uuid
from typing import Annotated

import attrs
from aiohttp import web

from stroem.conversion.constraints import Range
from stroem.engine.values.approval_terms import read_terms
from stroem.errors import Conflict
from stroem.orchestrator.approval_links import LINK_SECS, MOST_SECS
from stroem.server.keys import SERVICES, SETTINGS
from stroem.store.jobs import waiting_steps


@attrs.frozen(kw_only=True)
class NewLink:
    """The life of the link in seconds. It ends with the wait of the step, if that is earlier."""

    expires_in_secs: Annotated[int, Range(at_least=60, at_most=MOST_SECS)] = LINK_SECS


@attrs.frozen(kw_only=True)
class ApprovalLink:
    """The address of a page on which the step can be answered, by everybody who has it, once."""

    url: str
    expires_at: datetime.datetime


async def create(request: web.Request, job_id: uuid.UUID, step: str, body: NewLink) -> ApprovalLink:
    """Makes a link to a step that waits for an approval. Who may approve the step may ask for one."""
    services = request.app[SERVICES]
    async with services.database.read() as connection:
        found = await services.names.find(connection, [(job_id, step)])
        if (job_id, step) not in found:
            raise await services.names.missing(connection, job_id, step)
        row = await waiting_steps.linked_step(connection, found[job_id, step])
    if row is None or row.status != "suspended" or row.waits_for != "approval":
        raise Conflict(message=f"Step {step!r} does not wait for an approval")
    if request.app[SETTINGS].sign_in is not None and read_terms(row.input).name_people:
        raise Conflict(message=f"Step {step!r} is answered by people who have signed in, not by links")
    number = found[job_id, step][1]
    link = services.links.link(job_id, number, row.now, row.expires_at, body.expires_in_secs)
    url = services.links.url(link, base=f"{request.scheme}://{request.host}")
    assert url is not None, "the address of the request is known"
    return ApprovalLink(url=url, expires_at=link.expires_at)
