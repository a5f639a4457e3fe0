"""Claims of ready steps, with their templates rendered."""

import logging
import uuid
from collections import Counter
from collections.abc import Collection, Sequence
from functools import partial
from types import MappingProxyType

import attrs

from stroem.engine.events import Ended
from stroem.engine.values.state import ENDING_SECS
from stroem.orchestrator.jobs.step_end import StepEnd
from stroem.orchestrator.jobs.step_failer import StepFailer
from stroem.orchestrator.jobs.step_renderer import StepRenderer, failed_claim, refusal
from stroem.orchestrator.jobs.step_scopes import Outputs
from stroem.orchestrator.notifier import LongPoll, Notification
from stroem.orchestrator.placement.fitting_claims import claim_fitting, fitting, free_amounts
from stroem.orchestrator.placement.queue_needs import QueueNeeds
from stroem.orchestrator.plans.job_plans import JobPlans
from stroem.protocol.claim import Claim
from stroem.store.batch_isolation import isolate
from stroem.store.database import Database
from stroem.store.jobs import claims, steps
from stroem.store.jobs.steps import ClaimedStep, StepId
from stroem.store.jobs.worker_steps import adopted_steps
from stroem.store.logs.logs import LogClaim, log_heads
from stroem.store.statement import Connection

_NOTHING: Outputs = MappingProxyType({})
_log = logging.getLogger(__name__)


@attrs.frozen(kw_only=True)
class Claimed:
    """Result of a claim: steps to run, the ends of steps with failed templates, and what others must hear of."""

    claims: tuple[Claim, ...] = ()
    failed: tuple[StepEnd, ...] = ()
    notification: Notification = attrs.Factory(Notification)


class Claimer:
    """Claims ready steps for a worker and renders their templates.

    Those of local jobs may go on for `local_secs` without the server.
    """

    def __init__(
        self,
        database: Database,
        plans: JobPlans,
        needs: QueueNeeds,
        rendering: StepRenderer,
        failer: StepFailer,
        *,
        local_secs: int,
    ) -> None:
        self._local_secs = local_secs
        self._database = database
        self._plans = plans
        self._needs = needs
        self._rendering = rendering
        self._failer = failer

    @property
    def has_deferred_jobs(self) -> bool:
        """Whether there are jobs that claims must leave out for a while."""
        return bool(self._failer.deferred.current())

    def remember_outputs(self, outputs: Outputs) -> None:
        """Caches outputs of a committed transaction for the steps that refer to them."""
        self._rendering.scopes.remember_outputs(outputs)

    async def claim(self, connection: Connection, poll: LongPoll, limit: int, outputs: Outputs) -> Claimed:
        """Claims up to `limit` steps. `outputs` were written in this transaction. Raises NotLoaded."""
        suiting = await self._needs.suiting(connection, poll)
        if suiting.taking:
            taken, unfit = await claim_fitting(connection, poll, suiting, limit, self._local_secs)
            poll.unfit = frozenset(map(self._needs.need, unfit))
        else:
            taken = await claims.claim_steps(
                connection,
                poll.worker_id,
                suiting.ids,
                limit=limit,
                grace_secs=ENDING_SECS,
                local_secs=self._local_secs,
                workspaces=poll.workspaces,
            )
        return await self._handed_out(connection, taken, poll.worker_id, outputs)

    async def hand_out(
        self,
        connection: Connection,
        claimed: Sequence[ClaimedStep],
        worker_id: uuid.UUID,
        written: Outputs = _NOTHING,
    ) -> Claimed:
        """Renders the templates of claimed steps. `written` are outputs of this transaction. Raises NotLoaded."""
        if not claimed:
            return Claimed()
        rendered = await self._rendering.render(connection, claimed, worker_id, written)
        if rendered.inputs:
            await steps.store_inputs(connection, rendered.inputs)
        return Claimed(claims=rendered.claims, failed=rendered.failed)

    async def hand_out_again(
        self, connection: Connection, held: Sequence[ClaimedStep], worker_id: uuid.UUID
    ) -> Claimed:
        """Renders the templates of steps that the worker has been given before, with their places in the log."""
        found = await self.hand_out(connection, held, worker_id)
        asked = {one.step_id: LogClaim(step=one.step_id, attempt=one.attempt) for one in held}
        access = await log_heads(connection, list(asked.values())) if found.claims else {}
        adopted = await adopted_steps(connection, worker_id) if found.claims else set()
        placed = []
        for claim in found.claims:
            head = access[asked[claim.job_id, claim.step_id or 0]].head
            placed.append(
                attrs.evolve(
                    claim,
                    adopted=(claim.job_id, claim.step_id) in adopted,
                    log_chunk=head.next_chunk,
                    stdout_bytes=head.stdout_bytes,
                    stderr_bytes=head.stderr_bytes,
                )
            )
        return attrs.evolve(found, claims=tuple(placed))

    async def _handed_out(
        self, connection: Connection, taken: claims.Claimed, worker_id: uuid.UUID, written: Outputs = _NOTHING
    ) -> Claimed:
        found = await self.hand_out(connection, taken.steps, worker_id, written)
        if not (taken.left or taken.placed):
            return found
        passed_over = Counter({self._needs.need(number): count for number, count in taken.left.items()})
        return attrs.evolve(found, notification=Notification(ready=passed_over, deadlines=bool(taken.placed)))

    async def claim_each(self, poll: LongPoll, limit: int) -> Sequence[Claimed]:
        """Claims up to `limit` steps, in smaller transactions after a failure.

        A step that cannot be claimed alone fails. Deferred jobs are left out.
        """
        async with self._database.read() as connection:
            suiting = await self._needs.suiting(connection, poll)
            needs: Collection[int] = suiting.ids
            if suiting.taking:  # one at a time: what the next one may take is read again
                needs, limit = fitting(suiting, await free_amounts(connection, poll)), 1
            deferred = self._failer.deferred.current()
            ready = await claims.ready_steps(
                connection, poll.worker_id, needs, limit=limit, deferred=deferred, workspaces=poll.workspaces
            )

        async def claim(ids: Sequence[StepId]) -> Claimed:
            async with self._database.begin() as connection:
                taken = await claims.claim_these(
                    connection, poll.worker_id, ids, grace_secs=ENDING_SECS, local_secs=self._local_secs
                )
                return await self._handed_out(connection, taken, poll.worker_id)

        async def fail(step_id: StepId, error: Exception) -> None:
            job_id, step = step_id
            _log.error("step %d of job %s cannot be handed out", step, job_id, exc_info=error)
            event = Ended(
                step=step, outcome="failed", error=refusal(error), error_kind="setup", was="ready", cause="claim"
            )
            await self._failer.end([StepEnd(job_id=job_id, event=event)])

        return await isolate(ready, self._plans.retrying(claim), fail)

    async def hand_out_each(self, claimed: Sequence[ClaimedStep], worker_id: uuid.UUID) -> tuple[Claim, ...]:
        """Renders the templates of claimed steps, in smaller transactions after a failure."""

        async def hand_out(some: Sequence[ClaimedStep]) -> Claimed:
            async with self._database.begin() as connection:
                return await self.hand_out_again(connection, some, worker_id)

        found = await isolate(claimed, self._plans.retrying(hand_out), partial(self.refuse, worker_id))
        return await self.settled(found)

    async def refuse(self, worker_id: uuid.UUID, one: ClaimedStep, error: Exception) -> None:
        """Fails a claimed step that cannot be handed to its worker."""
        _log.error("step %d of job %s cannot be handed out", one.step, one.job_id, exc_info=error)
        await self._failer.end([failed_claim(one, worker_id, refusal(error))])

    async def settled(self, found: Sequence[Claimed]) -> tuple[Claim, ...]:
        """Ends the steps with failed templates, after the commit; returns the steps to run."""
        if ends := [end for one in found for end in one.failed]:
            await self._failer.end(ends)
        return tuple([claim for one in found for claim in one.claims])
