"""Options of input fields that come from the output of a task."""

import datetime
import uuid

import attrs
from aiohttp import web

from stroem.conversion.json_value import NotJson, NotKept, read_json
from stroem.conversion.unstructure import ABSENT
from stroem.definitions.values import Json
from stroem.engine.values.dependent_options import Option
from stroem.errors import BadRequest
from stroem.orchestrator.operations.field_options import FoundOptions
from stroem.records.audit_row import NewAuditRow
from stroem.server.api.jobs.executions import Execution, start_request
from stroem.server.api.jobs.job_redactor import redactor_of
from stroem.server.http.actor import principal_of
from stroem.server.http.audit.recording import recording_of
from stroem.server.http.client_address import client_address
from stroem.server.http.request_id import request_id
from stroem.server.keys import SERVICES


@attrs.frozen(kw_only=True)
class OptionsQuery:
    """`field` is the name of an input field; `input` a JSON object of the other fields."""

    field: str
    input: str = "{}"


@attrs.frozen(kw_only=True)
class FieldOption:
    """A value to choose, and its name for people."""

    value: Json
    label: str | None = attrs.field(default=None, metadata=ABSENT)


@attrs.frozen(kw_only=True)
class FoundFieldOptions:
    """Options of a field, found by a job that completed at `found_at`. `warnings` are about entries left out.

    `cached`: the job had been started for an earlier request.
    """

    field: str
    options: tuple[FieldOption, ...]
    warnings: tuple[str, ...]
    job_id: uuid.UUID
    found_at: datetime.datetime
    cached: bool


async def get(request: web.Request, workspace: str, task: str, query: OptionsQuery) -> FoundFieldOptions:
    """Options of a field with `options_from`. Waits for the job that finds them, unless there is a recent one."""
    start = start_request(request.app, workspace, task, Execution(input=_given(query.input)), principal_of(request))
    with recording_of(request, _row(request, workspace, task)):
        found = await request.app[SERVICES].field_options.read(start, query.field)
    return await _shown(request.app, query.field, found)


def _row(request: web.Request, workspace: str, task: str) -> NewAuditRow:
    """The audit row of a request; it is recorded only if a job starts."""
    return NewAuditRow(
        actor_kind="anonymous",
        actor="anonymous",
        verb="job.run",
        route="GET /api/workspaces/{workspace}/tasks/{task}/options",
        workspace=workspace,
        object_kind="task",
        object=task,
        address=client_address(request).text,
        request_id=request_id(request),
    )


def _given(text: str) -> dict[str, Json]:
    try:
        given = read_json(text.encode(errors="surrogatepass"), ())
    except (NotJson, NotKept) as error:
        raise BadRequest(message=f"The query is not valid: input is no JSON that can be used: {error}") from None
    if not isinstance(given, dict):
        raise BadRequest(message="The query is not valid: input must be a JSON object of fields")
    return given


async def _shown(app: web.Application, field: str, found: FoundOptions) -> FoundFieldOptions:
    services = app[SERVICES]
    async with services.database.read() as connection:
        plan = await services.plans.cached_jobs.plan(connection, found.job.id)
    redactor = await redactor_of(app, found.job, plan)

    def shown(option: Option) -> FieldOption:
        return FieldOption(value=redactor.value(option.value), label=redactor.optional(option.label))

    at = found.job.completed_at
    assert at is not None
    return FoundFieldOptions(
        field=field,
        options=tuple(map(shown, found.found.options)),
        warnings=tuple(map(redactor.text, found.found.problems)),
        job_id=found.job.id,
        found_at=at,
        cached=found.is_cached,
    )
