"""Plans of jobs with the values of their releases, and the redaction of their secrets."""

import logging
import uuid
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from functools import partial
from typing import TypeVar

import attrs
from cachetools import LRUCache, TTLCache

from stroem.definitions.values import Json
from stroem.definitions.workspace import Definitions
from stroem.engine.plan import TaskPlan
from stroem.engine.values.inputs import check_input
from stroem.errors import NotFound, NotRunnable, StroemError, Unavailable
from stroem.orchestrator.plans.job_cache import JobCache
from stroem.orchestrator.plans.not_loaded import NotLoaded
from stroem.orchestrator.plans.plan_cache import CachedPlan
from stroem.orchestrator.plans.renderer import Renderer
from stroem.redaction.job_secrets import secrets_of
from stroem.redaction.log_redactor import LogRedactor
from stroem.redaction.output_secrets import hide_output_lines, output_secrets
from stroem.redaction.plan_values import with_values
from stroem.redaction.redactor import MARKER, Redactor, Withholder
from stroem.store.jobs.apply import StaleDecision
from stroem.store.jobs.jobs import JobFacts
from stroem.store.jobs.results import outputs
from stroem.store.statement import Connection

A = TypeVar("A")
T = TypeVar("T")

DefinitionsOf = Callable[[int], Awaitable[Definitions]]
"""Reads the definitions of a release by id, from memory if possible. May raise anything."""

_JOBS = 2048
_FAILURES = 256
_MOST_STALE = 3
_FAILURE_SECS = 5.0
_NO_SECRETS = Redactor()
_log = logging.getLogger(__name__)


@attrs.frozen(kw_only=True)
class JobPlan:
    """A job's plan and input with all values, and the redaction of its secrets and those of the job that it comes from.

    With an `error` the values are unavailable: no step can run, and all output is withheld.
    """

    cached: CachedPlan
    plan: TaskPlan
    input: Mapping[str, Json]
    redactor: Redactor
    logs: LogRedactor
    secrets: tuple[Json, ...] = ()
    error: str | None = None

    def redact_lines(self, data: bytes) -> bytes:
        """A chunk of the log without secrets; of printed outputs, also without those that are declared secret."""
        data = self.logs.apply(data)
        keys = self.cached.secret_output_keys
        return hide_output_lines(data, keys) if keys else data


class JobPlans:
    """LRU cache of plans of jobs with values, which are read from the pinned release and never stored.

    Those of jobs with secrets in forms and outputs are made each time: what comes there becomes a secret of the job.
    """

    def __init__(self, cached_jobs: JobCache, renderer: Renderer, definitions_of: DefinitionsOf) -> None:
        self.cached_jobs = cached_jobs
        self._renderer = renderer
        self._definitions_of = definitions_of
        self._jobs: LRUCache[uuid.UUID, JobPlan] = LRUCache(_JOBS)
        self._failures: TTLCache[int | None, str] = TTLCache(_FAILURES, _FAILURE_SECS)
        self._refusals: TTLCache[tuple[int, str], StroemError] = TTLCache(_FAILURES, _FAILURE_SECS)

    async def of(self, connection: Connection, job_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, JobPlan]:
        """Plans of these jobs, by job id. Raises NotLoaded."""
        found = {job_id: known for job_id in job_ids if (known := self._jobs.get(job_id)) is not None}
        if len(found) < len(job_ids):
            facts = await self.cached_jobs.get(connection, [job_id for job_id in job_ids if job_id not in found])
            missing = []
            for job_id, fact in facts.items():
                cached = await self.cached_jobs.plans.get(connection, fact.plan)
                own = await _put_out(connection, job_id, cached) if cached.secret_outputs else ()
                inherited = await self._secrets_around(connection, fact)
                made = await self._made(cached, fact, (*own, *inherited))
                if made is None:
                    missing.append((fact.release_id, cached))
                    continue
                found[job_id] = made
                if made.error is None and not cached.secret_outputs:
                    self._jobs[job_id] = made
            if missing:
                raise NotLoaded([partial(self._load, missing)])
        return found

    async def run(self, work: Callable[[], Awaitable[T]]) -> T:
        """Runs a transaction.

        Runs it again after loading what is missing (NotLoaded), and if claims came in between (StaleDecision).
        """
        stale = 0
        while True:
            try:
                return await work()
            except StaleDecision:
                stale += 1
                if stale > _MOST_STALE:
                    raise
                continue
            except NotLoaded as error:
                loads = error.loads
            for load in loads:
                await load()

    async def child_plan(self, release_id: int | None, task: str) -> tuple[CachedPlan, TaskPlan]:
        """The plan of another task of a job's release: as stored, and with values.

        Raises NotLoaded, and the errors of `PlanCache.make`, NotFound for a job without a release.
        """
        if release_id is None:
            raise NotFound(kind="Task", name=task)
        if (failure := self._refusals.get((release_id, task))) is not None:
            raise failure
        if (made := self.cached_jobs.plans.made(release_id, task)) is None:
            raise NotLoaded([partial(self._make, release_id, task)])
        return made

    async def _make(self, release_id: int, task: str) -> None:
        try:
            await self.cached_jobs.plans.make(release_id, await self._definitions_of(release_id), task)
        except Unavailable:
            raise
        except StroemError as error:
            self._refusals[release_id, task] = error
        except Exception as error:
            reason = f"The definitions of release {release_id} cannot be read: {type(error).__name__}"
            _log.warning("%s", reason, exc_info=True)
            self._refusals[release_id, task] = NotRunnable(task=task, reason=reason)

    def retrying(self, work: Callable[[A], Awaitable[T]]) -> Callable[[A], Awaitable[T]]:
        """Wraps a transaction with one argument in `run`."""

        async def again(argument: A) -> T:
            return await self.run(lambda: work(argument))

        return again

    async def _made(self, cached: CachedPlan, fact: JobFacts, more: Sequence[Json]) -> JobPlan | None:
        """The plan of a job. `more` are secrets beside its own."""
        plan = cached.plan
        if cached.lacks_values:
            full = self.cached_jobs.plans.with_values(fact.release_id, cached)
            if full is None:
                return self._failed(cached, fact)
            plan = full
        given = fact.input or {}
        if _shows_marker(given):
            try:
                given = await self._restored(plan, given, fact.raw_input or {})
            except StroemError as error:
                return _withheld(cached, fact, f"The job's input cannot be read again: {error}")
        hides = cached.lacks_values or any(
            field.secret or field.type in plan.connection_types for field in plan.input.values()
        )
        own = list(secrets_of(plan, given, fact.raw_input)) if hides else []
        secrets = (*own, *(one for one in more if one not in own))
        redactor = Redactor(secrets) if secrets else _NO_SECRETS
        logs = LogRedactor(redactor)
        return JobPlan(cached=cached, plan=plan, input=given, redactor=redactor, logs=logs, secrets=secrets)

    async def _secrets_around(self, connection: Connection, fact: JobFacts) -> tuple[Json, ...]:
        """The secrets of the job that started this one, of which it is a hook, or that it runs again.

        Its input may have them.
        """
        origin = fact.parent_job or fact.hook_of or fact.source_job_id
        if origin is None:
            return ()
        for former in reversed(await self._former_jobs(connection, fact)):
            await self.of(connection, [former])  # the oldest first: a long chain of re-runs is no deep recursion
        found = (await self.of(connection, [origin])).get(origin)
        return () if found is None else found.secrets

    async def _former_jobs(self, connection: Connection, fact: JobFacts) -> list[uuid.UUID]:
        """The jobs that a job runs again, one after the other, from the latest to the first."""
        found: list[uuid.UUID] = []
        following = fact.source_job_id
        while following is not None and following not in self._jobs and following not in found:
            found.append(following)
            known = (await self.cached_jobs.get(connection, [following])).get(following)
            following = None if known is None else known.source_job_id
        return found

    async def _restored(
        self, plan: TaskPlan, stored: Mapping[str, Json], raw: Mapping[str, Json]
    ) -> Mapping[str, Json]:
        """The input, its redacted entries rendered again from the raw input."""
        again = (await self._renderer.render(lambda budget: check_input(plan, raw, budget))).values
        shown = {name: value for name, value in stored.items() if not _shows_marker(value)}
        return {**again, **shown}

    def _failed(self, cached: CachedPlan, fact: JobFacts) -> JobPlan | None:
        error = self._failures.get(fact.release_id)
        return None if error is None else _withheld(cached, fact, error)

    async def _load(self, wanted: Collection[tuple[int | None, CachedPlan]]) -> None:
        """Reads the values of plans from their releases, each release once.

        Failures are cached for some seconds once all releases were tried, so that the waiting transaction sees them.
        """
        failed: dict[int | None, str] = {}
        for release_id in dict.fromkeys(release_id for release_id, _ in wanted):
            try:
                if release_id is None:
                    raise LookupError("the job has no release")
                definitions = await self._definitions_of(release_id)
            except Unavailable:
                raise
            except Exception as error:
                reason = str(error) if isinstance(error, StroemError | LookupError) else type(error).__name__
                failed[release_id] = f"The secrets and connections of release {release_id} cannot be read: {reason}"
                _log.warning("%s", failed[release_id], exc_info=not isinstance(error, StroemError | LookupError))
            else:
                for cached in (cached for wanted_id, cached in wanted if wanted_id == release_id):
                    self.cached_jobs.plans.put_values(release_id, cached, with_values(cached.plan, definitions))
        self._failures.update(failed)


async def _put_out(connection: Connection, job_id: uuid.UUID, cached: CachedPlan) -> Sequence[Json]:
    """Secrets in the outputs of a live job: entered into forms by people, and declared by actions."""
    found = await outputs.full_outputs(connection, job_id, cached.secret_outputs)
    return [output_secrets(cached.plan, cached.plan.node(node), output) for node, output in found]


def _withheld(cached: CachedPlan, fact: JobFacts, error: str) -> JobPlan:
    withholder = Withholder()
    return JobPlan(
        cached=cached,
        plan=cached.plan,
        input=fact.input or {},
        redactor=withholder,
        logs=LogRedactor(withholder),
        error=error,
    )


def _shows_marker(value: Json) -> bool:
    if isinstance(value, str):
        return MARKER in value
    if isinstance(value, Mapping):
        return any(_shows_marker(key) or _shows_marker(item) for key, item in value.items())
    return isinstance(value, list | tuple) and any(map(_shows_marker, value))
