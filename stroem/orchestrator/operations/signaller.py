"""Signals to jobs."""

import uuid

import attrs

from stroem.conversion import canonical
from stroem.definitions.values import Json
from stroem.engine.events import Signal
from stroem.engine.values.forms import form_of
from stroem.engine.values.reserved_key import refuse_reserved
from stroem.engine.values.state import SIGNAL
from stroem.errors import Conflict
from stroem.orchestrator.jobs.job_driver import JobDriver, Recorded
from stroem.orchestrator.operations.live_jobs import LiveJobs
from stroem.orchestrator.plans.job_plans import JobPlans
from stroem.orchestrator.plans.payloads import Payloads
from stroem.orchestrator.plans.renderer import Renderer
from stroem.orchestrator.secrets.sealed_values import Place, SealedValues
from stroem.store.jobs import messages, waiting_steps
from stroem.store.jobs.locked_jobs import LockedJob
from stroem.store.jobs.messages import Message
from stroem.store.statement import Connection


@attrs.frozen(kw_only=True)
class Sent:
    """A signal that steps have received, or that is kept. `warnings` are about its payload."""

    is_received: bool
    warnings: tuple[str, ...] = ()


MOST_KEPT = 1000
"""Most signals of a job that are kept for later steps."""


class Signaller:
    """Sends signals to live jobs."""

    def __init__(
        self, live_jobs: LiveJobs, driver: JobDriver, plans: JobPlans, renderer: Renderer, rows: SealedValues
    ) -> None:
        self._rows = rows
        self._live_jobs = live_jobs
        self._driver = driver
        self._plans = plans
        self._payloads = Payloads(renderer)

    async def send(self, job_id: uuid.UUID, name: str, payload: Json, actor: str | None = None) -> Sent:
        """Ends the steps that wait for a signal. If there are none, it is kept for the next such step.

        Raises NotFound, InvalidInput with every mistake in the payload, or Conflict when the job has ended or too many
        signals are kept.
        """

        refuse_reserved(payload, "payload")

        async def send(connection: Connection, job: LockedJob) -> tuple[Recorded, Sent]:
            warnings = await self._check(connection, job_id, name, payload)
            number, kept = await messages.next_signal(connection, job_id)
            if kept >= MOST_KEPT:
                raise Conflict(message=f"Job keeps {kept} signals that no step has waited for; no more are taken")
            kind = f"{SIGNAL}{name}"
            kept_payload = self._rows.sealed(payload, Place.SIGNAL, job_id, kind)
            message = Message(id=number, job_id=job_id, kind=kind, payload=kept_payload, actor=actor)
            event = Signal(name=name, message=number, payload=payload, actor=actor)
            recorded = await self._driver.drive(connection, [(job, [event])], taken={job_id: [message]})
            is_received = not await messages.is_held(connection, number)
            return recorded, Sent(is_received=is_received, warnings=warnings)

        return await self._live_jobs.change(job_id, send)

    async def _check(self, connection: Connection, job_id: uuid.UUID, name: str, payload: Json) -> tuple[str, ...]:
        """Checks the payload; returns warnings.

        Against the fields of the steps that wait for the signal. If none does, against those of the steps of the plan
        with this name, if they declare the same; else it is checked when a step takes it.
        """
        plan = await self._plans.cached_jobs.plan(connection, job_id)
        numbers = await waiting_steps.waiting_nodes(connection, job_id, f"{SIGNAL}{name}")
        nodes = [plan.node(number) for number in numbers]
        if not nodes:
            named = [node for node in plan.nodes if node.kind == "signal" and node.input.get("name") == name]
            nodes = named if len({canonical.digest_of(canonical.to_bytes(form_of(one))) for one in named}) == 1 else []
        if not any(form_of(node) for node in nodes):
            return ()
        job = (await self._plans.of(connection, [job_id]))[job_id]
        if job.error is not None:
            raise Conflict(message=f"The payload cannot be checked: {job.error}")
        checked = [await self._payloads.check(job.plan, node, payload) for node in nodes if form_of(node)]
        return tuple(dict.fromkeys(warning for one in checked for warning in one.warnings))
