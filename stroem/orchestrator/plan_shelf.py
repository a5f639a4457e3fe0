"""Plans as jobs use them, at hand."""

import functools
from collections.abc import Mapping

import attrs

from stroem.definitions.plan import TaskPlan
from stroem.definitions.release import Release
from stroem.definitions.workspace import Definitions
from stroem.dialects import canonical
from stroem.engine.planning import make_plan
from stroem.errors import NotFound
from stroem.orchestrator.recent import Recent
from stroem.store import plans
from stroem.store.statement import Connection

_PLANS = 256


@attrs.frozen(kw_only=True, slots=False)
class ShelvedPlan:
    """A plan with what is asked of it often."""

    digest: str
    plan: TaskPlan

    @functools.cached_property
    def positions(self) -> Mapping[str, int]:
        """The position of each step by its name."""
        return {step.name: position for position, step in enumerate(self.plan.steps)}

    @functools.cached_property
    def sinks(self) -> Mapping[int, str]:
        """The steps nobody depends on, whose outputs are the job's."""
        return {position: step.name for position, step in enumerate(self.plan.steps) if not step.dependents}

    def position(self, step: str) -> int:
        """The position of a step. Raises NotFound."""
        position = self.positions.get(step)
        if position is None:
            raise NotFound(kind="Step", name=step)
        return position


class PlanShelf:
    """Makes plans, and keeps those that were used last."""

    def __init__(self, abilities: Mapping[str, str]) -> None:
        self._abilities = abilities
        self._by_digest: Recent[str, ShelvedPlan] = Recent(_PLANS)
        self._by_task: Recent[tuple[int, str], ShelvedPlan] = Recent(_PLANS)
        self._stored: Recent[str, bool] = Recent(_PLANS)

    def make(self, release: Release, definitions: Definitions, task: str) -> ShelvedPlan:
        """The plan of a task as a release has it. Raises NotFound and NotRunnable."""
        shelved = self._by_task.get((release.id, task))
        if shelved is None:
            plan = make_plan(task, definitions, self._abilities)
            shelved = ShelvedPlan(digest=canonical.digest_of(canonical.to_bytes(plan)), plan=plan)
            self._by_task.put((release.id, task), shelved)
            self._by_digest.put(shelved.digest, shelved)
        return shelved

    async def store(self, connection: Connection, shelved: ShelvedPlan) -> None:
        """Sees to it that the plan is in the database."""
        if not self._stored.get(shelved.digest):
            await plans.put_plan(connection, shelved.digest, canonical.to_bytes(shelved.plan))

    def note_stored(self, shelved: ShelvedPlan) -> None:
        """The transaction that stored the plan is committed."""
        self._stored.put(shelved.digest, True)

    async def get(self, connection: Connection, digest: str) -> ShelvedPlan:
        """The plan with this digest."""
        shelved = self._by_digest.get(digest)
        if shelved is None:
            plan = await plans.get_plan(connection, digest)
            if plan is None:
                raise NotFound(kind="Plan", name=digest)
            shelved = ShelvedPlan(digest=digest, plan=plan)
            self._by_digest.put(digest, shelved)
        return shelved
