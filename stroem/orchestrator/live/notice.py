"""Notices of changes to watchers."""

import datetime
from collections.abc import Hashable
from typing import Any, Literal

import attrs

from stroem.conversion.unstructure import ABSENT

NoticeKind = Literal["start", "job", "step", "approval", "workspace", "trigger", "worker", "event", "resync"]
"""`start` is the first one of a stream. `resync`: notices were left out, everything has to be read again."""


def _absent() -> Any:
    return attrs.field(default=None, metadata=ABSENT)


@attrs.frozen(kw_only=True)
class Notice:
    """A change of a job, a step, a workspace, a trigger, a worker, or the approvals that a job waits for.

    `id` is that of the job, the worker or the event. `open` and `failed` count the outer steps of a job that are due
    and have not ended, and that have failed. `approvals` counts the steps of the job that wait for a person. `event` is
    the kind of an event. Fields that do not concern the kind are absent.
    """

    kind: NoticeKind
    at: datetime.datetime
    id: str | None = _absent()
    workspace: str | None = _absent()
    task: str | None = _absent()
    status: str | None = _absent()
    source_type: str | None = _absent()
    source_id: str | None = _absent()
    parent_job_id: str | None = _absent()
    paused: bool | None = _absent()
    open: int | None = _absent()
    failed: int | None = _absent()
    step: str | None = _absent()
    attempt: int | None = _absent()
    approvals: int | None = _absent()
    trigger: str | None = _absent()
    name: str | None = _absent()
    event: str | None = _absent()
    severity: str | None = _absent()

    @property
    def key(self) -> Hashable:
        """Subject of the notice. A later notice with the same key replaces one that is not sent yet."""
        return (self.kind, None if self.kind == "event" else self.id, self.workspace, self.trigger, self.step)
