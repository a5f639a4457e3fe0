"""Facts of jobs and keys of state, as claims tell them."""

import datetime
import uuid

from stroem.engine.plan import TaskPlan
from stroem.protocol.claim_facts import ClaimFacts, StateKeys
from stroem.store.jobs.jobs import JobFacts
from stroem.store.state.scopes import StateHeads


def facts_of(job_id: uuid.UUID, plan: TaskPlan, job: JobFacts) -> ClaimFacts:
    """The facts of claims. Jobs that were made before releases had a digest name the source's revision."""
    return ClaimFacts(
        job_id=job_id,
        workspace=job.workspace,
        task=job.task,
        revision=job.files or job.revision,
        env=_release_variables(job),
        volume=None if plan.volume is None else job.volume_job or job_id,
    )


def keys_of(heads: StateHeads) -> StateKeys:
    """The keys of a claim about the latest snapshots of state."""
    task, workspace = heads.task, heads.workspace
    return StateKeys(
        state_storage_key=None if task is None else str(task.snapshot),
        state_has_json=None if task is None else task.has_json,
        global_state_storage_key=None if workspace is None else str(workspace.snapshot),
        global_state_has_json=None if workspace is None else workspace.has_json,
    )


def _release_variables(facts: JobFacts) -> dict[str, str]:
    """The environment variables that name the commit of a step's files."""
    variables = {} if facts.revision is None else {"STROEM_COMMIT": facts.revision}
    if facts.ref is not None:
        variables["STROEM_REF"] = facts.ref
    if facts.committed_at is not None:
        variables["STROEM_COMMIT_TIME"] = facts.committed_at.astimezone(datetime.UTC).isoformat()
    return variables
