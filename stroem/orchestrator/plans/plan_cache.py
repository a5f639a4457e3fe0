"""Plans in memory."""

import asyncio
import functools
from collections.abc import Mapping

import attrs
from cachetools import LRUCache, TTLCache

from stroem.conversion import canonical
from stroem.definitions.workspace import Definitions
from stroem.engine.compile import make_plan
from stroem.engine.plan import TaskPlan
from stroem.errors import NotFound
from stroem.records.release import Release
from stroem.redaction.plan_values import lacks_values, without_values
from stroem.store.jobs import plans
from stroem.store.statement import Connection
from stroem.validation.effects import idle_for_task
from stroem.validation.missing import missing

_PLANS = 256
_THREADS = 2
_STORED_SECS = 3600.0
"""Far less than the age at which unused plans are dropped."""


@attrs.frozen(kw_only=True, slots=False)
class CachedPlan:
    """A plan as it is stored, without the values of secrets and connections, and what is derived from it.

    `warnings` say what of its task has no effect yet.
    """

    digest: str
    plan: TaskPlan
    warnings: tuple[str, ...] = ()

    @functools.cached_property
    def positions(self) -> Mapping[str, int]:
        """The position of each step by its name."""
        return {step.name: position for position, step in enumerate(self.plan.steps)}

    @functools.cached_property
    def sinks(self) -> Mapping[int, str]:
        """The steps nobody depends on, whose outputs are the job's."""
        return {position: step.name for position, step in enumerate(self.plan.steps) if not step.dependents}

    @functools.cached_property
    def lacks_values(self) -> bool:
        """Whether the plan names secrets or connections, whose values come from the release."""
        return lacks_values(self.plan)

    def position(self, step: str) -> int:
        """The position of a step. Raises NotFound."""
        position = self.positions.get(step)
        if position is None:
            raise missing("Step", step, self.positions)
        return position


class PlanCache:
    """Makes plans, and keeps those that were used last."""

    def __init__(self, abilities: Mapping[str, str]) -> None:
        self._abilities = abilities
        self._by_digest: LRUCache[str, CachedPlan] = LRUCache(_PLANS)
        self._by_task: LRUCache[tuple[int, str], CachedPlan] = LRUCache(_PLANS)
        self._with_values: LRUCache[tuple[int | None, str], TaskPlan] = LRUCache(_PLANS)
        self._stored: TTLCache[str, None] = TTLCache(_PLANS, _STORED_SECS)
        self._making: dict[tuple[int, str], asyncio.Task[tuple[CachedPlan, TaskPlan]]] = {}
        self._places = asyncio.Semaphore(_THREADS)

    async def make(self, release: Release, definitions: Definitions, task: str) -> tuple[CachedPlan, TaskPlan]:
        """The plan of a task as a release has it: as it is stored, and with values. Raises NotFound and NotRunnable.

        A plan that is not in memory is made in a thread: the templates of its task may take a second to parse.
        """
        key = release.id, task
        cached = self._by_task.get(key)
        full = None if cached is None else self.with_values(release.id, cached)
        if cached is not None and full is not None:
            return cached, full
        making = self._making.get(key)
        if making is None:
            making = asyncio.create_task(self._make(key, definitions))
            self._making[key] = making
            making.add_done_callback(lambda made: self._made(key, made))
        return await asyncio.shield(making)

    async def _make(self, key: tuple[int, str], definitions: Definitions) -> tuple[CachedPlan, TaskPlan]:
        release_id, task = key
        async with self._places:
            cached, full = await asyncio.to_thread(_make, task, definitions, self._abilities)
        self._by_task[key] = cached
        self._by_digest[cached.digest] = cached
        self.put_values(release_id, cached, full)
        return cached, full

    def _made(self, key: tuple[int, str], made: "asyncio.Task[tuple[CachedPlan, TaskPlan]]") -> None:
        del self._making[key]
        if not made.cancelled():
            made.exception()  # seen, even when each caller was cancelled

    def with_values(self, release_id: int | None, cached: CachedPlan) -> TaskPlan | None:
        """A plan with the values of a release, if they are in memory."""
        return self._with_values.get((release_id, cached.digest))

    def put_values(self, release_id: int, cached: CachedPlan, plan: TaskPlan) -> None:
        """Keeps a plan with the values of a release in memory."""
        self._with_values[release_id, cached.digest] = plan

    async def store(self, connection: Connection, cached: CachedPlan) -> None:
        """Stores the plan, or renews its time, unless this server has done so within the hour."""
        if cached.digest not in self._stored:
            await plans.put_plan(connection, cached.digest, canonical.to_bytes(cached.plan))

    def note_stored(self, cached: CachedPlan) -> None:
        """Remembers that a committed transaction has stored the plan; one that was known keeps its time."""
        self._stored.setdefault(cached.digest)

    async def get(self, connection: Connection, digest: str) -> CachedPlan:
        """The plan with this digest."""
        cached = self._by_digest.get(digest)
        if cached is None:
            plan = await plans.get_plan(connection, digest)
            if plan is None:
                raise NotFound(kind="Plan", name=digest)
            cached = CachedPlan(digest=digest, plan=plan)
            self._by_digest[digest] = cached
        return cached


def _make(task: str, definitions: Definitions, abilities: Mapping[str, str]) -> tuple[CachedPlan, TaskPlan]:
    full = make_plan(task, definitions, abilities)
    plan = without_values(full)
    warnings = idle_for_task(task, definitions, abilities)
    return CachedPlan(digest=canonical.digest_of(canonical.to_bytes(plan)), plan=plan, warnings=warnings), full
