"""Plans of jobs with the values of their releases, and the redaction of their secrets."""

import logging
import uuid
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from functools import partial
from typing import TypeVar

from cachetools import LRUCache, TTLCache

from stroem.definitions.secret_reference import SecretReference
from stroem.definitions.values import Json
from stroem.definitions.workspace import Definitions
from stroem.engine.plan import TaskPlan
from stroem.engine.values.inputs import check_input
from stroem.errors import NotFound, NotRunnable, StroemError, Unavailable
from stroem.orchestrator.plans.job_cache import JobCache
from stroem.orchestrator.plans.job_plan import JobPlan, failed_plan
from stroem.orchestrator.plans.not_loaded import NotLoaded
from stroem.orchestrator.plans.plan_cache import CachedPlan
from stroem.orchestrator.plans.plan_secrets import FilledPlan, MissingSecrets, PlanSecrets, without_references
from stroem.orchestrator.plans.renderer import Renderer
from stroem.redaction.job_secrets import secrets_of
from stroem.redaction.log_redactor import LogRedactor
from stroem.redaction.output_secrets import output_secrets
from stroem.redaction.plan_values import with_values
from stroem.redaction.redactor import MARKER, Redactor
from stroem.store.jobs.apply import StaleDecision
from stroem.store.jobs.jobs import JobFacts
from stroem.store.jobs.results import outputs
from stroem.store.secrets import job_secrets
from stroem.store.statement import Connection
from stroem.templating.errors import Withheld

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


class JobPlans:
    """LRU cache of plans of jobs with values, which are read from the pinned release and never stored.

    Those of jobs with secrets in forms and outputs are made each time: what comes there becomes a secret of the job.
    """

    def __init__(
        self, cached_jobs: JobCache, renderer: Renderer, definitions_of: DefinitionsOf, secrets: PlanSecrets
    ) -> None:
        self.cached_jobs = cached_jobs
        self._renderer = renderer
        self._definitions_of = definitions_of
        self._secrets = secrets
        self._jobs: LRUCache[uuid.UUID, JobPlan] = LRUCache(_JOBS)
        self._failures: TTLCache[int | None, str] = TTLCache(_FAILURES, _FAILURE_SECS)
        self._refusals: TTLCache[tuple[int, str], StroemError] = TTLCache(_FAILURES, _FAILURE_SECS)

    async def of(
        self, connection: Connection, job_ids: Collection[uuid.UUID], *, fresh: bool = False
    ) -> dict[uuid.UUID, JobPlan]:
        """Plans of these jobs, by job id. Raises NotLoaded.

        Secrets of stores that are not `fresh` may be of any age.
        """
        found = {job_id: known for job_id in job_ids if (known := self._known(job_id, fresh=fresh)) is not None}
        if len(found) < len(job_ids):
            facts = await self.cached_jobs.get(connection, [job_id for job_id in job_ids if job_id not in found])
            missing: list[tuple[int | None, CachedPlan]] = []
            unread: dict[str, set[SecretReference]] = {}
            for job_id, fact in facts.items():
                cached = await self.cached_jobs.plans.get(connection, fact.plan)
                own = await _put_out(connection, job_id, cached) if cached.secret_outputs else ()
                origin = await self._origin(connection, fact)
                filled = self._filled(cached, fact, fresh=fresh)
                if filled is None:
                    missing.append((fact.release_id, cached))
                    continue
                if isinstance(filled, MissingSecrets):
                    unread.setdefault(fact.workspace, set()).update(filled.references)
                    continue
                made = await self._made(cached, fact, filled, (*own, *(origin.secrets if origin else ())))
                if (origin is not None and origin.is_withheld) or await _was_given_unknown(connection, job_id, filled):
                    made = made.withheld()
                found[job_id] = made
                if made.error is None and not cached.secret_outputs:
                    self._jobs[job_id] = made
            loads = [partial(self._load, missing)] if missing else []
            loads += [partial(self._secrets.values.read, workspace, own) for workspace, own in unread.items()]
            if loads:
                raise NotLoaded(loads)
        return found

    def _known(self, job_id: uuid.UUID, *, fresh: bool) -> JobPlan | None:
        """The plan of a job that was made before, if its secrets need not be read again."""
        known = self._jobs.get(job_id)
        if known is None or not known.read:
            return known
        return known if self._secrets.is_current(known.workspace, known.read, fresh=fresh) else None

    def _filled(self, cached: CachedPlan, fact: JobFacts, *, fresh: bool) -> FilledPlan | MissingSecrets | str | None:
        """The plan with all values, from memory; the reason if they cannot be had; None if a release must be read."""
        plan = cached.plan
        if cached.lacks_values:
            full = self.cached_jobs.plans.with_values(fact.release_id, cached)
            if full is None:
                return self._failures.get(fact.release_id)
            plan = full
        return self._secrets.fill(plan, fact, fresh=fresh)

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
        """The plan of another task of a job's release: as stored, and with values but those of stores.

        Raises NotLoaded, and the errors of `PlanCache.make`, NotFound for a job without a release.
        """
        if release_id is None:
            raise NotFound(kind="Task", name=task)
        if (failure := self._refusals.get((release_id, task))) is not None:
            raise failure
        if (made := self.cached_jobs.plans.made(release_id, task)) is None:
            raise NotLoaded([partial(self._make, release_id, task)])
        cached, plan = made
        return cached, without_references(plan)

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

    async def _made(
        self, cached: CachedPlan, fact: JobFacts, filled: FilledPlan | str, more: Sequence[Json]
    ) -> JobPlan:
        """The plan of a job. `more` are secrets beside its own."""
        if isinstance(filled, str):
            return failed_plan(cached, fact, filled)
        if fact.input_fault is not None:
            return failed_plan(cached, fact, fact.input_fault)
        plan = filled.plan
        given = fact.input or {}
        if _shows_marker(given):
            try:
                given = await self._restored(plan, given, fact.raw_input or {})
            except StroemError as error:
                reason = f"The job's input cannot be read again: {error}"
                if not any(value.value is None for value in filled.read.values()):
                    return failed_plan(cached, fact, reason)
                given = {name: _or_withheld(value, reason) for name, value in given.items()}
        hides = cached.lacks_values or any(
            field.secret or field.type in plan.connection_types for field in plan.input.values()
        )
        own = list(secrets_of(plan, given, fact.raw_input)) if hides else []
        secrets = (*own, *(one for one in (*filled.masked, *more) if one not in own))
        redactor = Redactor(secrets) if secrets else _NO_SECRETS
        return JobPlan(
            cached=cached,
            plan=plan,
            input=given,
            redactor=redactor,
            logs=LogRedactor(redactor),
            secrets=secrets,
            environment=filled.environment,
            read=filled.read,
            workspace=fact.workspace,
        )

    async def _origin(self, connection: Connection, fact: JobFacts) -> JobPlan | None:
        """The job that started this one, of which it is a hook, or that it runs again.

        The input may have its secrets.
        """
        origin = fact.parent_job or fact.hook_of or fact.source_job_id
        if origin is None:
            return None
        for former in reversed(await self._former_jobs(connection, fact)):
            await self.of(connection, [former])  # the oldest first: a long chain of re-runs is no deep recursion
        return (await self.of(connection, [origin])).get(origin)

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


async def _was_given_unknown(connection: Connection, job_id: uuid.UUID, filled: FilledPlan | str) -> bool:
    """Whether a job was given a secret of which this server has no value, so that it cannot mask it."""
    if isinstance(filled, str) or not filled.unknown:
        return False
    return await job_secrets.has_any(connection, job_id, filled.unknown)


def _or_withheld(value: Json, reason: str) -> Json:
    return Withheld(reason) if _shows_marker(value) else value  # type: ignore[return-value]


def _shows_marker(value: Json) -> bool:
    if isinstance(value, str):
        return MARKER in value
    if isinstance(value, Mapping):
        return any(_shows_marker(key) or _shows_marker(item) for key, item in value.items())
    return isinstance(value, list | tuple) and any(map(_shows_marker, value))
