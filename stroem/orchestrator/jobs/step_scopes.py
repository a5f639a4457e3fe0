"""Scopes of claimed steps: what their templates see of other steps."""

import datetime
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

import attrs
from cachetools import LRUCache

from stroem.definitions.values import Json
from stroem.engine.board import Board
from stroem.engine.plan import TaskPlan
from stroem.engine.requests import Load, NodeResult, Scope
from stroem.engine.values.scopes import Asking, scope_of
from stroem.engine.values.state import JOB, JobState, Step
from stroem.interfaces.nodes import ROOT
from stroem.orchestrator.state.values import StateValues
from stroem.store.jobs import load, places
from stroem.store.jobs.steps import ClaimedStep, StepId
from stroem.store.statement import Connection

_OUTPUTS = 4096

ResultKey = tuple[uuid.UUID, int, int]
"""The last visit of a node in a scope: job, step of the scope, node."""
Outputs = Mapping[ResultKey, Json]
"""Outputs of completed steps."""


class StepScopes:
    """Reads the scopes of claimed steps. Outputs of steps that ended lately are cached."""

    def __init__(self, states: StateValues) -> None:
        self._states = states
        self._outputs: LRUCache[ResultKey, Json] = LRUCache(_OUTPUTS)

    def remember_outputs(self, outputs: Outputs) -> None:
        """Caches outputs of a committed transaction."""
        self._outputs.update(outputs)

    async def of(
        self,
        connection: Connection,
        claimed: Sequence[ClaimedStep],
        plans: Mapping[uuid.UUID, TaskPlan],
        written: Outputs,
    ) -> dict[StepId, Scope]:
        """The scopes of steps. `written` are outputs of this transaction."""
        found: dict[StepId, Scope] = {}
        missing: dict[uuid.UUID, list[ClaimedStep]] = {}
        for one in claimed:
            scope = self._known(one, plans[one.job_id], written)
            if scope is None:
                missing.setdefault(one.job_id, []).append(one)
            else:
                found[one.step_id] = scope
        if missing:
            found |= await _read(connection, missing, plans)
        for one in claimed:
            if plans[one.job_id].node(one.node).reads_state:
                state = await self._states.of(connection, one.state)
                found[one.step_id] = attrs.evolve(found[one.step_id], state=state)
        return found

    def _known(self, one: ClaimedStep, plan: TaskPlan, written: Outputs) -> Scope | None:
        """The scope of a step outside of blocks and loops whose results are all in memory."""
        if one.parent != JOB or plan.has_context:
            return None
        results: dict[int, NodeResult] = {}
        for read in plan.node(one.node).reads:
            key = (one.job_id, JOB, read)
            node = plan.node(read)
            if node.parent != ROOT or node.join != "all":
                return None
            output = written.get(key, self._outputs.get(key))
            if output is None:
                return None
            results[read] = NodeResult(status="completed", output=output)
        return Scope(results=results)


async def _read(
    connection: Connection, claimed: Mapping[uuid.UUID, Sequence[ClaimedStep]], plans: Mapping[uuid.UUID, TaskPlan]
) -> dict[StepId, Scope]:
    """Reads scopes from the database: one step of each job at a time, those of all jobs together."""
    contexts = await places.contexts_of(connection, [job_id for job_id in claimed if plans[job_id].has_context])
    now = datetime.datetime.now(datetime.UTC)  # not used: nothing is decided
    boards = {job_id: Board(_begun(contexts.get(job_id), own), plans[job_id], now) for job_id, own in claimed.items()}
    found: dict[StepId, Scope] = {}
    for at in range(max(map(len, claimed.values()))):
        chosen = [one for own in claimed.values() for one in own[at : at + 1]]
        reading = {one.step_id: scope_of(boards[one.job_id], _step(one)) for one in chosen}
        found |= await _in_lockstep(connection, reading)
    return found


async def _in_lockstep(connection: Connection, reading: Mapping[StepId, Asking]) -> dict[StepId, Scope]:
    found: dict[StepId, Scope] = {}
    answers: dict[StepId, Any] = dict.fromkeys(reading)
    while answers:
        loads: dict[uuid.UUID, Load] = {}
        for step_id, answer in answers.items():
            try:
                request = reading[step_id].send(answer)
                assert isinstance(request, Load)
                loads[step_id[0]] = request
            except StopIteration as end:
                found[step_id] = end.value
        rows = await load.load(connection, loads) if loads else {}
        answers = {step_id: rows[step_id[0]] for step_id in answers if step_id not in found}
    return found


def _begun(context: dict[str, Json] | None, claimed: Sequence[ClaimedStep]) -> JobState:
    """The state of a job with these steps, as far as a scope needs it."""
    return JobState(context=context, next_step=max(one.step for one in claimed) + 1)


def _step(one: ClaimedStep) -> Step:
    return Step(id=one.step, node=one.node, parent=one.parent, item=one.item, status="running", value=one.value)
