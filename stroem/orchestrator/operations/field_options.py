"""Options of input fields, found by jobs on demand."""

import asyncio
import uuid
import weakref
from collections.abc import Mapping

import attrs
import orjson

from stroem.conversion.suggestions import missing
from stroem.definitions.field import InputField, OptionsFrom
from stroem.engine.plan import TaskPlan
from stroem.engine.values.dependent_options import NoOptions, OptionList, chosen, options_in, options_input
from stroem.errors import Conflict, FieldError, InvalidInput, NotFound
from stroem.orchestrator.jobs.new_jobs import NewJobs
from stroem.orchestrator.jobs.starter import Starter
from stroem.orchestrator.operations.canceller import Canceller
from stroem.orchestrator.plans.plan_cache import PlanCache
from stroem.orchestrator.plans.renderer import Renderer
from stroem.orchestrator.plans.start_request import StartRequest
from stroem.store.database import Database
from stroem.store.jobs import jobs, option_jobs
from stroem.store.jobs.jobs import JobRow

_GRACE_SECS = 5
"""Time for the end of a job that has reached its timeout."""


@attrs.frozen(kw_only=True)
class FoundOptions:
    """Options of a field, and the job that found them; `is_cached` if it had been started for an earlier request."""

    found: OptionList
    job: JobRow
    is_cached: bool


class FieldOptions:
    """Reads the options of fields with `options_from` in the output of a recent job, or of a new one.

    Requests with equal input share a job. A job that failed is not used again.
    """

    def __init__(
        self,
        database: Database,
        plans: PlanCache,
        renderer: Renderer,
        new_jobs: NewJobs,
        starter: Starter,
        canceller: Canceller,
    ) -> None:
        self._database = database
        self._plans = plans
        self._renderer = renderer
        self._new_jobs = new_jobs
        self._starter = starter
        self._canceller = canceller
        self._starting: weakref.WeakValueDictionary[tuple[int, str, bytes], asyncio.Lock] = (
            weakref.WeakValueDictionary()
        )

    async def read(self, request: StartRequest, field: str) -> FoundOptions:
        """The options of a field of the task. The input of `request` has the other fields, as far as they are given.

        Raises NotFound (field), InvalidInput (a field that is needed), or Conflict when they cannot be found.
        """
        _, plan = await self._plans.make(request.release.id, request.definitions, request.task)
        declared = plan.input.get(field)
        if declared is None:
            raise missing("Input", field, plan.input)
        if declared.options_from is None:
            raise NotFound(kind="Options of input", name=field, hint="They are in the description of the task.")
        return await self._read(request, plan, field, declared)

    async def check(self, request: StartRequest) -> None:
        """Checks the values of the fields whose options come from tasks. Raises InvalidInput with every mistake."""
        task = request.definitions.tasks.get(request.task)
        fields = {} if task is None else task.input
        dependent = [name for name, one in fields.items() if one.options_from is not None and not one.allow_custom]
        if not dependent:
            return
        prepared = await self._new_jobs.prepare(request)
        raw_input = prepared.job.raw_input
        assert isinstance(raw_input, Mapping)
        _, plan = await self._plans.make(request.release.id, request.definitions, request.task)
        errors = []
        for name in dependent:
            values = chosen(plan.input[name], prepared.values.get(name))
            if not values:
                continue
            found = await self._read(attrs.evolve(request, raw_input=raw_input), plan, name, fields[name])
            known = frozenset(option.value for option in found.found.options)
            wrong = next((value for value in values if value not in known), None)
            if wrong is not None:
                message = f"must be one of the options that job {found.job.id} has found; {wrong!r:.80} is not"
                errors.append(FieldError(field=f"input.{name}", message=message))
        if errors:
            listed = "; ".join(f"{error.field} {error.message}" for error in errors)
            raise InvalidInput(problems=listed, fields=tuple(errors))

    async def _read(self, request: StartRequest, plan: TaskPlan, name: str, field: InputField) -> FoundOptions:
        options = field.options_from
        assert options is not None
        given = await self._renderer.render(lambda budget: options_input(plan, name, request.raw_input, budget))
        wanted = attrs.evolve(
            request,
            task=options.task,
            raw_input=given,
            source_type=option_jobs.OPTIONS,
            source_id=f"{request.release.workspace}/{request.task}/{name}",
            source_job_id=None,
            looks_up=True,
            timeout_secs=options.timeout,
        )
        job_id, is_cached = await self._job_for(wanted, options)
        status = await self._canceller.wait_for_end(job_id, options.timeout + _GRACE_SECS)
        async with self._database.read() as connection:
            job = await jobs.get_job(connection, job_id)
        what = f"The options of input {name!r} were not found: job {job_id} of task {options.task!r}"
        if job is None or status != "completed":
            raise Conflict(message=f"{what} is {status}. See its log, and try again")
        try:
            found = options_in(field, job.output)
        except NoOptions as error:
            raise Conflict(message=f"{what} completed, but {error}") from None
        return FoundOptions(found=found, job=job, is_cached=is_cached)

    async def _job_for(self, wanted: StartRequest, options: OptionsFrom) -> tuple[uuid.UUID, bool]:
        """The id of a recent or new job for a request, and whether it is a recent one."""
        release = wanted.release
        key = release.id, wanted.task, orjson.dumps(wanted.raw_input, option=orjson.OPT_SORT_KEYS)
        lock = self._starting.setdefault(key, asyncio.Lock())
        async with lock:
            async with self._database.read() as connection:
                recent = await option_jobs.find_option_job(
                    connection,
                    release.id,
                    release.workspace,
                    wanted.task,
                    wanted.raw_input,
                    age_secs=options.cache,
                    timeout_secs=options.timeout,
                )
            return (recent, True) if recent is not None else ((await self._starter.start(wanted)).job_id, False)
