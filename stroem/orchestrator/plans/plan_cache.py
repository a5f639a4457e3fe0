"""Plans of tasks, cached by digest, and compiled once per release and task."""

import asyncio
import functools
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager

import attrs
from cachetools import LRUCache, TTLCache

from stroem.conversion import canonical
from stroem.definitions.values import Json
from stroem.definitions.workspace import Definitions
from stroem.engine.compile import FlowOf, make_plan
from stroem.engine.dag import dag
from stroem.engine.fragments import read_fragment
from stroem.engine.plan import TaskPlan
from stroem.errors import NotFound
from stroem.redaction.output_secrets import has_secret_output, secret_output_keys
from stroem.redaction.plan_values import lacks_values, without_values
from stroem.store.database import Database
from stroem.store.jobs import plans
from stroem.store.statement import Connection
from stroem.validation.effects import idle_for_task

Fragments = tuple[tuple[int, str], ...]
"""Plans that arrived at run time: the block that opened each, and its digest."""

_PLANS = 256
_JOINED = 64
_THREADS = 2
_STORED_SECS = 3600.0
"""Far less than the age at which unused plans are dropped."""


@attrs.frozen(kw_only=True, slots=False)
class CachedPlan:
    """A plan as stored, without the values of secrets and connections, and its derived look-ups.

    `warnings` name parts of its task that have no effect yet.
    """

    digest: str
    plan: TaskPlan
    warnings: tuple[str, ...] = ()

    @functools.cached_property
    def lacks_values(self) -> bool:
        """True if the plan names secrets or connections, whose values come from the release."""
        return lacks_values(self.plan)

    @functools.cached_property
    def secret_outputs(self) -> tuple[int, ...]:
        """The nodes whose outputs have secrets of their own: of forms that people fill in, and declared ones."""
        return tuple(number for number, node in enumerate(self.plan.nodes) if has_secret_output(self.plan, node))

    @functools.cached_property
    def secret_output_keys(self) -> frozenset[str]:
        """The keys of outputs that are declared secret."""
        return secret_output_keys(self.plan)


class PlanCache:
    """Compiles plans; LRU cache of compiled and stored plans."""

    def __init__(self, abilities: Mapping[str, str], flow_of: FlowOf = dag) -> None:
        self._abilities = abilities
        self._flow_of = flow_of
        self._by_digest: LRUCache[str, CachedPlan] = LRUCache(_PLANS)
        self._by_task: LRUCache[tuple[int, str], CachedPlan] = LRUCache(_PLANS)
        self._with_values: LRUCache[tuple[int | None, str], TaskPlan] = LRUCache(_PLANS)
        self._stored: TTLCache[str, None] = TTLCache(_PLANS, _STORED_SECS)
        self._joined: LRUCache[tuple[int, Fragments], tuple[TaskPlan, TaskPlan]] = LRUCache(_JOINED)
        self._compiling: dict[tuple[int, str], asyncio.Task[tuple[CachedPlan, TaskPlan]]] = {}
        self._threads = asyncio.Semaphore(_THREADS)

    async def make(self, release_id: int, definitions: Definitions, task: str) -> tuple[CachedPlan, TaskPlan]:
        """The plan of a task of a release: as stored, and with values. Raises NotFound and NotRunnable.

        A plan that is not cached is compiled in a thread: the templates of its task may take a second to parse.
        Concurrent calls share the work.
        """
        if (made := self.made(release_id, task)) is not None:
            return made
        key = release_id, task
        compiling = self._compiling.get(key)
        if compiling is None:
            compiling = asyncio.create_task(self._compile(key, definitions))
            self._compiling[key] = compiling
            compiling.add_done_callback(lambda task: self._on_compiled(key, task))
        return await asyncio.shield(compiling)

    def made(self, release_id: int, task: str) -> tuple[CachedPlan, TaskPlan] | None:
        """The result of `make`, if it is cached."""
        cached = self._by_task.get((release_id, task))
        full = None if cached is None else self.with_values(release_id, cached)
        return None if cached is None or full is None else (cached, full)

    async def _compile(self, key: tuple[int, str], definitions: Definitions) -> tuple[CachedPlan, TaskPlan]:
        release_id, task = key
        async with self._threads:
            cached, full = await asyncio.to_thread(_compile, task, definitions, self._abilities, self._flow_of)
        self._by_task[key] = cached
        self._by_digest[cached.digest] = cached
        self.put_values(release_id, cached, full)
        return cached, full

    def _on_compiled(self, key: tuple[int, str], task: "asyncio.Task[tuple[CachedPlan, TaskPlan]]") -> None:
        del self._compiling[key]
        if not task.cancelled():
            task.exception()  # retrieved, even when each caller was cancelled

    def with_values(self, release_id: int | None, cached: CachedPlan) -> TaskPlan | None:
        """The plan with the values of a release, if cached."""
        return self._with_values.get((release_id, cached.digest))

    def put_values(self, release_id: int, cached: CachedPlan, plan: TaskPlan) -> None:
        """Caches a plan with the values of a release."""
        self._with_values[release_id, cached.digest] = plan

    @asynccontextmanager
    async def transaction(self, database: Database, cached: CachedPlan) -> AsyncIterator[Connection]:
        """A transaction in which the plan is stored, or its last use renewed.

        Skips the statement if this server has committed it within the hour.
        """
        async with database.begin() as connection:
            await self.store(connection, cached)
            yield connection
        self.note_stored(cached.digest)

    def note_stored(self, digest: str) -> None:
        """Notes that a transaction that stored a plan has been committed."""
        self._stored.setdefault(digest)

    async def store(self, connection: Connection, cached: CachedPlan) -> None:
        """Stores a plan in the caller's transaction, unless this server has committed it within the hour."""
        if cached.digest not in self._stored:
            await plans.put_plan(connection, cached.digest, canonical.to_bytes(cached.plan))

    def put(self, plan: TaskPlan) -> CachedPlan:
        """Caches a plan without values, which was derived from another."""
        cached = CachedPlan(digest=canonical.digest_of(canonical.to_bytes(plan)), plan=plan)
        self._by_digest[cached.digest] = cached
        return cached

    async def add(self, connection: Connection, document: Json, into: TaskPlan) -> CachedPlan:
        """Stores a plan that arrived at run time, in the caller's transaction. Raises NotRunnable."""
        plan = read_fragment(document, into, self._abilities)
        body = canonical.to_bytes(plan)
        cached = CachedPlan(digest=canonical.digest_of(body), plan=plan)
        await plans.put_plan(connection, cached.digest, body)
        self._by_digest[cached.digest] = cached
        return cached

    async def joined(self, connection: Connection, digest: str, fragments: Fragments) -> TaskPlan:
        """A plan with the fragments that have arrived, as stored. Raises NotFound."""
        return await self.extended(connection, (await self.get(connection, digest)).plan, fragments)

    async def extended(self, connection: Connection, plan: TaskPlan, fragments: Fragments) -> TaskPlan:
        """A plan of this cache with the fragments that have arrived. Raises NotFound."""
        if not fragments:
            return plan
        key = (id(plan), fragments)
        known, found = self._joined.get(key, (None, None))
        if known is not plan or found is None:
            shorter = await self.extended(connection, plan, fragments[:-1])
            block, digest = fragments[-1]
            found = shorter.joined(block, (await self.get(connection, digest)).plan)
            self._joined[key] = (plan, found)
        return found

    def known(self, digest: str) -> TaskPlan | None:
        """The plan with this digest, if it is cached."""
        cached = self._by_digest.get(digest)
        return None if cached is None else cached.plan

    async def get(self, connection: Connection, digest: str) -> CachedPlan:
        """The plan with this digest, read if it is not cached. Raises NotFound."""
        cached = self._by_digest.get(digest)
        if cached is None:
            plan = await plans.get_plan(connection, digest)
            if plan is None:
                raise NotFound(kind="Plan", name=digest)
            cached = CachedPlan(digest=digest, plan=plan)
            self._by_digest[digest] = cached
        return cached

    async def get_all(self, connection: Connection, digests: Collection[str]) -> dict[str, CachedPlan]:
        """The plans with these digests, read together if they are not cached; without unreadable ones."""
        found = {digest: cached for digest in digests if (cached := self._by_digest.get(digest)) is not None}
        if missing := set(digests) - set(found):
            for digest, plan in (await plans.get_plans(connection, missing)).items():
                found[digest] = self._by_digest[digest] = CachedPlan(digest=digest, plan=plan)
        return found


def _compile(
    task: str, definitions: Definitions, abilities: Mapping[str, str], flow_of: FlowOf
) -> tuple[CachedPlan, TaskPlan]:
    full = make_plan(task, definitions, abilities, flow_of)
    plan = without_values(full)
    warnings = idle_for_task(task, definitions, abilities)
    return CachedPlan(digest=canonical.digest_of(canonical.to_bytes(plan)), plan=plan, warnings=warnings), full
