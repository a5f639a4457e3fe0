"""Requests of a worker to exchange outcomes, log lines and steps."""

from collections.abc import Sequence

from stroem.protocol.exchange import ExchangeRequest
from stroem.protocol.steps import Return, StepAttempt
from stroem.worker.exchange.batch import BatchItem
from stroem.worker.exchange.inventory import InventorySchedule
from stroem.worker.exchange.registration import WorkerRegistration
from stroem.worker.steps.in_flight_step import InFlightStep
from stroem.worker.steps.in_flight_steps import InFlightSteps

MOST_BEGUN = 100
"""The most begun steps in one request. They stand in the order of their begins, so the first ones are taken first; a
claim of one that is left out counts as its verdict."""


class RequestBuilder:
    """Builds requests for the free slots, none once `claiming` is false or while no runner can run steps.

    An inventory is added when one is due.
    """

    def __init__(self, registration: WorkerRegistration, steps: InFlightSteps, inventory: InventorySchedule) -> None:
        self._registration = registration
        self._steps = steps
        self._inventory = inventory
        self.claiming = True

    @property
    def free_slots(self) -> int:
        """The number of further steps that could run now."""
        return self._steps.free_slots if self._may_claim else 0

    @property
    def _may_claim(self) -> bool:
        return self.claiming and bool(self._registration.offer.capabilities)

    def poll(self, wait_secs: float = 0) -> ExchangeRequest:
        """A request that delivers nothing, and may be held for `wait_secs` until there is a step."""
        return self._request(self.free_slots, wait_secs=wait_secs)

    def delivery(self, batch: Sequence[BatchItem], *, alone: bool) -> ExchangeRequest:
        """A request that delivers a batch, and asks for some steps ahead if it ends short ones.

        One that delivers an item `alone` asks for no steps, so that a refusal concerns the item.
        """
        outcomes = tuple([item.outcome for item in batch if item.outcome])
        ahead = self._steps.steps_ahead if outcomes and self._may_claim else 0
        return self._request(
            0 if alone else self.free_slots + ahead,
            outcomes=outcomes,
            logs=tuple([item.chunk for item in batch if item.chunk]),
        )

    def returns(self, steps: Sequence[InFlightStep]) -> ExchangeRequest:
        """A request that gives steps back and does nothing else."""
        given = [
            Return(
                job_id=step.attempt.job_id,
                step_name=step.attempt.step_name,
                step_id=step.attempt.step_id,
                attempt=step.attempt.attempt,
                claimed_at=step.claimed_at,
            )
            for step in steps
            if step.claimed_at is not None
        ]
        return self._request(0, returned=tuple(given))

    @property
    def _holding(self) -> tuple[StepAttempt, ...]:
        """The steps that are here and that the server knows."""
        return tuple([step.attempt for step in self._steps if step.begun is None])

    def _request(self, max_steps: int, **fields: object) -> ExchangeRequest:
        offer = self._registration.offer
        return ExchangeRequest(
            worker_id=self._registration.worker_id,
            capabilities=offer.capabilities,
            tags=offer.tags,
            exclusive=offer.exclusive,
            resources=offer.resources,
            languages=offer.languages,
            max_steps=max_steps,
            holding=self._holding if self._inventory.take() else None,
            begun=self._steps.begun_here[:MOST_BEGUN],
            **fields,  # type: ignore[arg-type]
        )
