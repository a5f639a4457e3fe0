"""Re-runs of ended jobs."""

import uuid
from collections.abc import Mapping
from typing import Any

import attrs

from stroem.definitions.values import Json
from stroem.definitions.workspace import Definitions
from stroem.engine.reruns.node_pairs import node_pairs
from stroem.engine.values.reserved_key import refuse_reserved
from stroem.errors import Conflict, NotFound, StroemError
from stroem.orchestrator.jobs.new_jobs import NewJobs, PreparedJob
from stroem.orchestrator.jobs.starter import Started, Starter
from stroem.orchestrator.operations.rerun_plan import (
    PlannedRelease,
    ReleaseDifference,
    RerunPlan,
    again_steps,
    differences,
    kept_list,
    kept_warnings,
    named_steps,
    whole_steps,
)
from stroem.orchestrator.plans.job_plans import DefinitionsOf, JobPlans
from stroem.orchestrator.plans.start_request import StartRequest
from stroem.orchestrator.plans.step_names import StepNames
from stroem.orchestrator.reruns.former_jobs import Division, FormerJobs
from stroem.orchestrator.reruns.restart import Restart
from stroem.records.principal import ANONYMOUS, Principal
from stroem.records.release import Release
from stroem.redaction.redactor import MARKER
from stroem.store.database import Database
from stroem.store.jobs import jobs
from stroem.store.jobs.jobs import TERMINAL, JobRow
from stroem.store.jobs.volumes import kept_volume
from stroem.store.statement import Connection
from stroem.store.workspaces import releases


@attrs.frozen(kw_only=True)
class RerunRequest:
    """Request for a re-run of a job: of the steps of `restart`, or of all.

    `given` are inputs that replace those of the job. `current` is the current release of its workspace, with its
    definitions; without it, the release of the job is used. `principal` is who asks for it.
    """

    job_id: uuid.UUID
    restart: Restart | None = None
    given: Mapping[str, Json] = attrs.Factory(dict)
    current: tuple[Release, Definitions] | None = None
    principal: Principal = ANONYMOUS


@attrs.frozen(kw_only=True)
class _Rerun:
    """A checked request: what is to start, and of a part of the job, what is kept."""

    source: JobRow
    start: StartRequest
    prepared: PreparedJob
    division: Division | None
    names: Mapping[int, str]


class Rerunner:
    """Plans and starts re-runs."""

    def __init__(
        self,
        database: Database,
        plans: JobPlans,
        new_jobs: NewJobs,
        starter: Starter,
        former_jobs: FormerJobs,
        names: StepNames,
        definitions_of: DefinitionsOf,
    ) -> None:
        self._database = database
        self._plans = plans
        self._new_jobs = new_jobs
        self._starter = starter
        self._former_jobs = former_jobs
        self._names = names
        self._definitions_of = definitions_of

    async def start(self, request: RerunRequest) -> Started:
        """Starts a re-run. Raises as `plan`."""
        rerun = await self._check(request)
        started = await self._starter.start(rerun.start)
        warnings = dict.fromkeys([*started.warnings, *_kept_warnings(request, rerun)])
        return attrs.evolve(started, warnings=tuple(warnings))

    async def plan(self, request: RerunRequest) -> RerunPlan:
        """Plans a re-run without starting it.

        Raises NotFound (job, task), Conflict (the job has not ended, nothing has failed, the release is gone),
        InvalidInput (steps, input), NotRunnable, BadRequest.
        """
        rerun = await self._check(request)
        source, release, division = rerun.source, rerun.start.release, rerun.division
        plan = rerun.prepared.cached.plan
        known = rerun.names
        again = whole_steps(plan) if division is None else again_steps(plan, division, known)
        warnings = [*rerun.prepared.warnings, *self._warnings(rerun), *_kept_warnings(request, rerun)]
        return RerunPlan(
            job_id=source.id,
            workspace=source.workspace,
            task_name=source.task,
            source_type=rerun.start.source_type,
            release=PlannedRelease(
                number=release.number, revision=release.revision, is_pinned=release.id == source.release_id
            ),
            differences=await self._differences(source, rerun),
            kept=() if division is None else kept_list(division, known),
            kept_count=0 if division is None else len(division.selection.kept.ended),
            again=again,
            again_count=_count(division, again),
            warnings=tuple(dict.fromkeys(warnings)),
        )

    async def _differences(self, source: JobRow, rerun: _Rerun) -> tuple[ReleaseDifference, ...]:
        plan = rerun.prepared.cached.plan
        async with self._database.read() as connection:
            former = (await self._plans.cached_jobs.plans.get(connection, source.plan)).plan
        return tuple(differences(former, plan, node_pairs(former, plan)))

    @staticmethod
    def _warnings(rerun: _Rerun) -> list[str]:
        found = []
        if rerun.source.retry_job is not None:
            found.append(f"The job was repeated already, by job {rerun.source.retry_job}")
        if rerun.source.files != rerun.start.release.manifest:
            found.append("Files of the workspace differ between the two releases: scripts may do something else now")
        return found

    async def _check(self, request: RerunRequest) -> _Rerun:
        """Checks a request. Nothing is stored."""
        refuse_reserved(request.given)
        async with self._database.read() as connection:
            source = self._plans.cached_jobs.inputs.opened(await _ended(connection, request.job_id))
            plan = (await self._plans.cached_jobs.plans.get(connection, source.plan)).plan
        if source.source_type == "upload":
            raise Conflict(message="The job records an upload of state: nothing has run that could run again")
        if plan.hook_of is not None:
            raise Conflict(message="The job is a hook of another job, and does not run again without that")
        release, definitions = request.current or await self._pinned(source)
        start = StartRequest(
            task=source.task,
            definitions=definitions,
            release=release,
            raw_input={**_mapping(source.raw_input), **request.given},
            source_type="rerun" if request.restart is None else "restart",
            source_id=request.principal.name if request.principal != ANONYMOUS else None,
            source_job_id=source.id,
            restart=None if request.restart is None else request.restart.to_json(),
            secrets=await self._secrets(source),
            actor=request.principal.name,
        )
        if request.restart is not None:
            async with self._database.read() as connection:
                start = attrs.evolve(start, volume=await kept_volume(connection, source.id))
        prepared = await self._new_jobs.prepare(start)
        division: Division | None = None
        names: dict[int, str] = {}
        if request.restart is not None:
            async with self._database.read() as connection:
                division = await self._former_jobs.divide(connection, source.id, request.restart, prepared.cached.plan)
                found = await self._names.names_of(connection, [(source.id, one) for one in named_steps(division)])
                names = {step: name for (_, step), name in found.items()}
        return _Rerun(source=source, start=start, prepared=prepared, division=division, names=names)

    async def _pinned(self, source: JobRow) -> tuple[Release, Definitions]:
        """The release of the job, with its definitions. Raises Conflict."""
        gone = "The release of the job is not kept any more: run it again on the current release"
        if source.release_id is None:
            raise Conflict(message=gone)
        async with self._database.read() as connection:
            release = await releases.find_release(connection, source.release_id)
        if release is None:
            raise Conflict(message=gone)
        try:
            return release, await self._definitions_of(release.id)
        except StroemError:
            raise
        except Exception as error:
            reason = f"The definitions of release {release.number} cannot be read ({type(error).__name__})"
            raise Conflict(message=f"{reason}: run the job again on the current release") from error

    async def _secrets(self, source: JobRow) -> tuple[Json, ...]:
        """The secrets that a job got from another one."""
        if source.parent_job is None and source.hook_of is None and source.source_job_id is None:
            return ()

        async def read() -> tuple[Json, ...]:
            async with self._database.read() as connection:
                return (await self._plans.of(connection, [source.id]))[source.id].secrets

        return await self._plans.run(read)


def _kept_warnings(request: RerunRequest, rerun: _Rerun) -> tuple[str, ...]:
    """Warnings of kept steps: their failures, and changed inputs that they have read."""
    if rerun.division is None:
        return ()
    changed = {key for key, value in request.given.items() if _is_changed(key, value, rerun.source.raw_input)}
    plan = rerun.prepared.cached.plan
    warnings = tuple(kept_warnings(plan, rerun.division, rerun.names, changed))
    if plan.volume is not None and rerun.start.volume is None and rerun.division.selection.kept.ended:
        warnings += ("The folder of the job is gone: files that kept steps have left there are not there again",)
    return warnings


async def _ended(connection: Connection, job_id: uuid.UUID) -> JobRow:
    source = await jobs.get_job(connection, job_id)
    if source is None:
        raise NotFound(kind="Job", name=job_id)
    if source.status not in TERMINAL:
        raise Conflict(message=f"The job is {source.status}: it can be run again once it has ended")
    return source


def _mapping(value: Any) -> Mapping[str, Json]:
    return value if isinstance(value, Mapping) else {}


def _is_changed(key: str, value: Json, source: Any) -> bool:
    former = _mapping(source)
    return value != MARKER and (key not in former or former[key] != value)


def _count(division: Division | None, again: tuple[Any, ...]) -> int:
    if division is None:
        return len(again)
    return len(division.selection.again) + len(division.selection.unreached)
