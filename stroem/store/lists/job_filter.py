"""Filter of jobs."""

import datetime
import uuid

import attrs

from stroem.rights.reach import Reach


@attrs.frozen(kw_only=True)
class JobFilter:
    """Filter of jobs. Of an empty tuple, `tasks` is the only one that matches nothing.

    `tasks` are those of a `workspace`. `starters` are sources (`source_id`); `source_job` is the job that started the
    jobs, or that they run again. `since` and `until` bound `created_at`, the end excluded. `search` matches text in
    task, workspace, source and id, and in errors of failed jobs, of the newest jobs that pass the other conditions.

    `release` is the number of a release of the `workspace`, `revision` the beginning of revisions; `revisions.py` turns
    both into `revisions` and `release_id`. `reach` is what the client may see; None for everything.
    """

    workspace: str | None = None
    tasks: tuple[str, ...] | None = None
    statuses: tuple[str, ...] = ()
    source_type: str | None = None
    starters: tuple[str, ...] = ()
    source_job: uuid.UUID | None = None
    since: datetime.datetime | None = None
    until: datetime.datetime | None = None
    search: str | None = None
    release: int | None = None
    revision: str | None = None
    revisions: tuple[str, ...] | None = None
    release_id: int | None = None
    reach: Reach | None = None
