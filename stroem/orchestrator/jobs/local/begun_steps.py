"""Begun steps: those that workers began by their replicas, while the server was away."""

import logging
import uuid
from collections.abc import Collection, Sequence

import attrs

from stroem.engine.requests import Load
from stroem.engine.values.state import ENDING_SECS, Step
from stroem.orchestrator.jobs.claimer import Claimed, Claimer
from stroem.orchestrator.jobs.job_driver import JobDriver, Recorded
from stroem.orchestrator.jobs.local.placing import lock_placed
from stroem.orchestrator.jobs.local.verdicts import job_refusal, node_verdict, refused, step_verdict
from stroem.orchestrator.jobs.step_scopes import Outputs
from stroem.orchestrator.plans.job_plans import JobPlans
from stroem.orchestrator.plans.step_names import StepName, StepNames
from stroem.protocol.begun_steps import BegunAnswer, BegunStep
from stroem.store.batch_isolation import isolate, reason_of
from stroem.store.database import Database
from stroem.store.jobs import load, locked_jobs
from stroem.store.jobs.local import begun as begun_steps
from stroem.store.jobs.steps import StepId
from stroem.store.statement import Connection

_NOTHING: Outputs = {}
_log = logging.getLogger(__name__)


@attrs.frozen(kw_only=True)
class Taken:
    """The verdicts on begun steps, in their order. `claimed` are those that run from now on.

    `placed` is to be published after the commit.
    """

    answers: tuple[BegunAnswer, ...] = ()
    claimed: Claimed = attrs.Factory(Claimed)
    placed: Recorded | None = None


class BegunSteps:
    """Takes begun steps as claimed, where they are ready and their job stays on the worker."""

    def __init__(
        self, database: Database, plans: JobPlans, driver: JobDriver, names: StepNames, claimer: Claimer
    ) -> None:
        self._database = database
        self._plans = plans
        self._driver = driver
        self._names = names
        self._claimer = claimer

    async def take(
        self, connection: Connection, worker_id: uuid.UUID, begun: Sequence[BegunStep], written: Outputs
    ) -> Taken:
        """Takes begun steps. `written` are outputs of this transaction, which has locked their jobs. Raises NotLoaded.

        The path of a step counts, not the id that it has in the replica.
        """
        jobs, placed = await lock_placed(connection, self._driver, worker_id, {one.job_id for one in begun})
        own = [one for one in begun if job_refusal(jobs.get(one.job_id), worker_id) is None]
        ids = await self._names.find(connection, {_name(one) for one in own})
        first = {ids[_name(one)]: one for one in reversed(own) if _name(one) in ids}
        taken = await begun_steps.take(connection, worker_id, first, grace_secs=ENDING_SECS)
        claimed = await self._claimer.hand_out(connection, taken, worker_id, written)
        steps = await _steps(connection, first)
        answers = []
        for one in begun:
            if (reason := job_refusal(jobs.get(one.job_id), worker_id)) is not None:
                answers.append(refused(one, reason))
            elif (step_id := ids.get(_name(one))) is not None and step_id in steps:
                answers.append(step_verdict(one, steps[step_id], worker_id))
            else:
                plan = await self._names.plan(connection, one.job_id)
                answers.append(node_verdict(one, plan, jobs[one.job_id].state))
        return Taken(answers=tuple(answers), claimed=claimed, placed=placed)

    async def take_each(self, worker_id: uuid.UUID, begun: Sequence[BegunStep]) -> Sequence[Taken]:
        """Takes begun steps, in smaller transactions after a failure. A step that cannot be taken alone is refused."""
        answered: dict[int, BegunAnswer] = {}

        async def take(some: Sequence[tuple[int, BegunStep]]) -> Taken:
            async with self._database.begin() as connection:
                steps = [one for _, one in some]
                await locked_jobs.lock_jobs(connection, {one.job_id for one in steps})
                taken = await self.take(connection, worker_id, steps, _NOTHING)
            answered.update({number: answer for (number, _), answer in zip(some, taken.answers, strict=True)})
            return taken

        async def refuse(item: tuple[int, BegunStep], error: Exception) -> None:
            number, one = item
            _log.error("step %s, which was begun, cannot be taken", one, exc_info=error)
            answered[number] = refused(one, f"The step could not be taken: {reason_of(error)}")

        found = await isolate([*enumerate(begun)], self._plans.retrying(take), refuse)
        answers = tuple([answered[number] for number in range(len(begun))])
        return [attrs.evolve(one, answers=()) for one in found] + [Taken(answers=answers)]


def _name(one: BegunStep) -> StepName:
    return (one.job_id, one.step_name)


async def _steps(connection: Connection, step_ids: Collection[StepId]) -> dict[StepId, Step]:
    wanted: dict[uuid.UUID, set[int]] = {}
    for job_id, step in step_ids:
        wanted.setdefault(job_id, set()).add(step)
    loads = {job_id: Load(ids=frozenset(steps)) for job_id, steps in wanted.items()}
    rows = await load.load(connection, loads) if loads else {}
    return {(job_id, step.id): step for job_id, found in rows.items() for step in found.steps}
