"""Starters of jobs, in words."""

from stroem.store.jobs.jobs import JobRow

_ANOTHER_JOB = {"task": "child of", "hook": "hook of", "retry": "retry of"}
_TRIGGERS = {"trigger": "trigger", "webhook": "webhook", "event_source": "event source"}


def started_by(job: JobRow, other_task: str | None, source: str | None) -> str | None:
    """Starter of a job: `trigger nightly`, `child of train`, or a person; None for an anonymous person.

    `other_task` is the task of the job that started it, or that it repeats or runs again, `source` its `source_id`;
    None for those that the client may not see.
    """
    kind = job.source_type
    if kind in _ANOTHER_JOB:
        return f"{_ANOTHER_JOB[kind]} {other_task or f'job {source or job.retry_of}'}"
    if kind in _TRIGGERS and source:
        return f"{_TRIGGERS[kind]} {source.removeprefix(f'{job.workspace}/')}"
    if kind == "options":
        return f"options of {source.removeprefix(f'{job.workspace}/') if source else 'a task'}"
    return source
