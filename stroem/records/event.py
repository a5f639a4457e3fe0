"""Events of workspaces and libraries, and of jobs that wait for people."""

import datetime
from collections.abc import Mapping
from typing import Literal

import attrs

from stroem.definitions.values import Json

EventKind = Literal[
    "pushed",
    "fetched",
    "unchanged",
    "released",
    "rejected",
    "waiting",
    "failed",
    "recovered",
    "rolled_back",
    "suspended",
    "resumed",
    "pinned",
    "unpinned",
    "approved",
    "overridden",
    "override_dropped",
    "library_changed",
    "library_failed",
    "workspace_added",
    "workspace_changed",
    "workspace_removed",
    "approval_reminder",
    "trigger_fired",
    "trigger_failed",
    "trigger_cut",
    "trigger_backfill",
    "consumer_stopped",
    "worker_cordoned",
    "worker_drained",
    "worker_uncordoned",
    "worker_removed",
]
"""`fetched`: a new revision is being checked. `unchanged`: its files are those of the current release. `rejected`: it
is not valid. `waiting`: a guard holds it until an approval or a time. `failed`: the source is not available, or an
unexpected error ended the pipeline. `approval_reminder`: a step of a job waits for a person. `trigger_fired`: a person
has fired a trigger. `trigger_failed`: a fire could not start a job. `trigger_cut`: a chain of triggers grew too long.
`trigger_backfill`: a person has started or ended a backfill. `consumer_stopped`: the consumer of an event source stays
ended. `worker_cordoned`, `worker_drained`, `worker_uncordoned`: a person has told a worker to take no more steps, to
end as well, or to go on. `worker_removed`: a person has removed it.
"""

Severity = Literal["info", "warning", "error"]


@attrs.frozen(kw_only=True)
class NewEvent:
    """An event before it is recorded.

    `release` is a release's number; `origin` the address of the workspace's source without credentials; `by` the
    person or push that caused it. `data` has further facts by kind and holds no secrets.
    """

    kind: EventKind
    message: str
    severity: Severity = "info"
    workspace: str | None = None
    library: str | None = None
    revision: str | None = None
    release: int | None = None
    cause: str | None = None
    by: str | None = None
    origin: str | None = None
    data: Mapping[str, Json] = attrs.Factory(dict)


@attrs.frozen(kw_only=True)
class Event(NewEvent):
    """A recorded event. Repetitions of an event are one event with a `count` and the last time."""

    id: int
    at: datetime.datetime
    last_at: datetime.datetime
    count: int = 1
