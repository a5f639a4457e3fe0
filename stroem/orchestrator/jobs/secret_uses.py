"""Secrets of stores that workers are given for a job."""

import uuid
from collections.abc import Mapping, Sequence

import attrs
from cachetools import LRUCache

from stroem.definitions.secret_reference import SecretReference
from stroem.engine.values.rendering import RenderedStep
from stroem.errors import NotRunnable
from stroem.orchestrator.plans.job_plan import JobPlan
from stroem.protocol.claim import Claim
from stroem.records.audit_row import NewAuditRow
from stroem.store.audit.rows import add_rows_later
from stroem.store.jobs.worker_steps import worker_name
from stroem.store.secrets import job_secrets
from stroem.store.statement import Connection
from stroem.templating.errors import Withheld

_NOTED = 10_000


class SecretUses:
    """Notes which secrets a job was given, and tells the audit log of each once.

    LRU cache of what was noted: nothing is written for the further steps of a job.
    """

    def __init__(self) -> None:
        self._noted: LRUCache[tuple[uuid.UUID, SecretReference], None] = LRUCache(_NOTED)

    async def note(
        self, connection: Connection, claims: Sequence[Claim], jobs: Mapping[uuid.UUID, JobPlan], worker_id: uuid.UUID
    ) -> None:
        """Notes the secrets of the jobs of these claims."""
        given = {
            job_id: [one for one in _given(jobs[job_id]) if (job_id, one) not in self._noted]
            for job_id in dict.fromkeys(claim.job_id for claim in claims)
        }
        if not any(given.values()):
            return
        name = await worker_name(connection, worker_id)
        rows = [
            NewAuditRow(
                actor_kind="worker",
                actor=name or str(worker_id),
                verb="secret.use",
                workspace=jobs[job_id].workspace,
                object_kind="secret",
                object=f"{store}://{place}",
                after={"job": str(job_id), "task": jobs[job_id].plan.task, "worker": str(worker_id)},
            )
            for job_id, store, place in await job_secrets.add(connection, given)
        ]
        await add_rows_later(connection, rows)
        self._noted.update({(job_id, one): None for job_id, own in given.items() for one in own})


def with_environment(step: RenderedStep, job: JobPlan, action: str) -> RenderedStep:
    """The step of an action with the values of variables that are references. Raises NotRunnable.

    Only what the workspace's files have is a reference: a text that a template or an input gives stays as it is.
    """
    if not job.environment or action not in job.plan.actions:
        return step
    filled = dict(step.action.env)
    for name, written in job.plan.actions[action].env.items():
        if written in job.environment and filled.get(name) == written:
            value = job.environment[written]
            if isinstance(value, Withheld):
                raise NotRunnable(task=job.plan.task, reason=f"variable {name}: {value.reason}")
            filled[name] = value
    return step if filled == step.action.env else attrs.evolve(step, action=attrs.evolve(step.action, env=filled))


def _given(job: JobPlan) -> Sequence[SecretReference]:
    return [one for one, value in job.read.items() if value.value is not None]
