"""Dry runs: what a job would do, without starting it."""

import contextlib
import uuid
from collections.abc import Iterator, Mapping, Sequence

import attrs

from stroem.definitions.amounts import shown
from stroem.definitions.task import is_inline
from stroem.definitions.values import Json
from stroem.engine.plan import TaskPlan
from stroem.engine.previews.order import topological
from stroem.engine.previews.step_previews import StepPreview, previews, worker_of
from stroem.engine.requests import FindCached, Scope
from stroem.errors import StroemError
from stroem.interfaces.nodes import ROOT
from stroem.orchestrator.cache.step_cache import CacheScope, StepCache
from stroem.orchestrator.jobs.new_jobs import NewJobs, PreparedJob
from stroem.orchestrator.limits.verdicts import SlotVerdict, verdicts_of
from stroem.orchestrator.plans.node_paths import node_path
from stroem.orchestrator.plans.plan_cache import PlanCache
from stroem.orchestrator.plans.plan_secrets import without_references
from stroem.orchestrator.plans.renderer import Renderer
from stroem.orchestrator.plans.start_request import StartRequest
from stroem.redaction.job_secrets import secrets_of
from stroem.redaction.redactor import Redactor
from stroem.store.database import Database
from stroem.store.statement import Connection


@attrs.frozen(kw_only=True)
class LaterInput:
    """An input of a step that is not known before the job runs: its template, and what that reads.

    `reads` are names of steps, `each` (the item of the loop), `state` and `global_state`.
    """

    template: Json
    reads: tuple[str, ...]


@attrs.frozen(kw_only=True)
class DryCache:
    """The earlier step whose result a step would take now; nulls if there is none."""

    job_id: uuid.UUID | None = None
    step_name: str | None = None


@attrs.frozen(kw_only=True)
class DryStep:
    """A step of a dry run. A loop stands for its iterations.

    `condition` is its `when`, and `condition_value` the value, if that is known. `input` are the values that are known,
    `later` the others. `items` is the number of iterations, if that is known. `problems` are templates that fail.
    `cache` is null without one, and where the key is not known.
    """

    step_name: str
    action_name: str
    action_type: str
    depends_on: tuple[str, ...]
    is_final: bool
    condition: str | None
    condition_value: bool | None
    input: dict[str, Json]
    later: dict[str, LaterInput]
    is_loop: bool
    items: int | None
    max_concurrency: int | None
    ability: str | None
    tags: tuple[str, ...]
    resources: dict[str, str]
    timeout: int | None
    attempts: int
    problems: tuple[str, ...]
    cache: DryCache | None = None


@attrs.frozen(kw_only=True)
class DryBlocker:
    """A reason for which the job would wait. `step_name` is null for the job itself."""

    kind: str
    step_name: str | None
    message: str


@attrs.frozen(kw_only=True)
class DryRun:
    """Dry run of a job: input, steps, hooks, blockers. Secrets are masked as `••••••`.

    `hooks` are the actions that follow the job, by the key of their hook. `attempts` are those of the job in all.
    """

    workspace: str
    task_name: str
    release: int
    revision: str
    mode: str
    input: Json
    steps: tuple[DryStep, ...]
    hooks: dict[str, tuple[str, ...]]
    attempts: int
    timeout: int | None
    blockers: tuple[DryBlocker, ...] = ()
    warnings: tuple[str, ...]


class DryRunner:
    """Makes dry runs."""

    def __init__(
        self,
        database: Database,
        new_jobs: NewJobs,
        plan_cache: PlanCache,
        renderer: Renderer,
        step_cache: StepCache,
    ) -> None:
        self._database = database
        self._step_cache = step_cache
        self._new_jobs = new_jobs
        self._plan_cache = plan_cache
        self._renderer = renderer

    async def run(self, request: StartRequest) -> DryRun:
        """Makes the dry run of a request. Of the blockers, it has those by limits. Raises as `NewJobs.prepare`."""
        prepared = await self._new_jobs.prepare(request)
        release = request.release
        _, full = await self._plan_cache.make(release.id, request.definitions, request.task)
        plan = without_references(full)
        found = await self._renderer.render(lambda budget: previews(plan, prepared.values, budget))
        redactor = Redactor([*secrets_of(plan, prepared.values, prepared.job.raw_input), request.definitions.secrets])
        by_node = {one.node: one for one in found}
        async with self._database.read() as connection:
            verdicts = await verdicts_of(connection, prepared.job.slots, prepared.job.priority)
            cached = await self._cached(connection, plan, found, prepared)
        steps = tuple(
            _step(plan, by_node[number], redactor, cached.get(number))
            for number in _order(plan, ROOT)
            if number in by_node
        )
        hooks = {**plan.workspace_hooks, **plan.hooks}
        return DryRun(
            workspace=release.workspace,
            task_name=request.task,
            release=release.number,
            revision=release.revision,
            mode=plan.mode,
            input=prepared.job.input,
            steps=steps,
            hooks={key: tuple(node.action for node in nodes) for key, nodes in hooks.items()},
            attempts=1 if plan.retry is None else plan.retry.attempts,
            timeout=prepared.job.timeout_secs,
            blockers=tuple(_limit(one) for one in verdicts if one.verdict != "starts"),
            warnings=prepared.warnings,
        )

    async def _cached(
        self, connection: Connection, plan: TaskPlan, found: Sequence[StepPreview], prepared: PreparedJob
    ) -> dict[int, DryCache]:
        """The results that steps would take, by node, of those whose key is known."""
        job = prepared.job
        scope = CacheScope(workspace=job.workspace, files=job.files, plan=plan, input=prepared.values)
        caches: dict[int, DryCache] = {}
        for one in found:
            node = plan.node(one.node)
            if node.cache is None or node.reads_state or one.later or one.problems:
                continue
            request = FindCached(node=one.node, scope=Scope(), reads=not job.no_cache)
            with contextlib.suppress(StroemError):  # the key depends on what is not known yet
                answer = await self._step_cache.find(connection, scope, request)
                hit = answer.hit
                caches[one.node] = (
                    DryCache() if hit is None else DryCache(job_id=uuid.UUID(hit.job), step_name=hit.name)
                )
        return caches


def _limit(verdict: SlotVerdict) -> DryBlocker:
    return DryBlocker(kind="limit", step_name=None, message=verdict.text)


def _order(plan: TaskPlan, scope: int) -> Iterator[int]:
    for number in topological(plan, scope):
        yield number
        yield from _order(plan, number)


def _step(plan: TaskPlan, preview: StepPreview, redactor: Redactor, cache: DryCache | None) -> DryStep:
    node = plan.node(preview.node)
    body = plan.node(plan.entries(preview.node)[0]) if node.kind == "loop" else node
    action, need = plan.actions.get(node.action), worker_of(plan, preview.node)
    templates: Mapping[str, Json] = {**_defaults(plan, node.action), **body.input}
    return DryStep(
        step_name=node_path(plan, preview.node),
        action_name="" if is_inline(node.action) else node.action or node.task or "",
        action_type=body.kind if action is None else action.type,
        depends_on=tuple(plan.node(one).name for one in plan.dependencies[preview.node]),
        is_final=plan.is_cleanup(preview.node),
        condition=node.when,
        condition_value=preview.condition,
        input={key: redactor.value(value) for key, value in preview.input.items()},
        later={
            key: LaterInput(template=redactor.value(templates.get(key)), reads=reads)
            for key, reads in preview.later.items()
        },
        is_loop=node.kind == "loop",
        items=preview.items,
        max_concurrency=node.limit,
        ability=None if need is None else need.ability,
        tags=() if need is None else need.tags,
        resources={} if need is None else shown(need.resources.items()),
        timeout=body.timeout,
        attempts=1 if body.retry is None else body.retry.attempts,
        problems=tuple(redactor.line(problem) for problem in preview.problems),
        cache=cache,
    )


def _defaults(plan: TaskPlan, name: str) -> dict[str, Json]:
    action = plan.actions.get(name)
    return {} if action is None else {key: field.default for key, field in action.input.items()}
