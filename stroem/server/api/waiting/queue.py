"""Ready steps grouped by need, and counts of held steps."""

import datetime
from collections.abc import Mapping

import attrs
from aiohttp import web

from stroem.definitions.amounts import shown
from stroem.server.api.rights.live_rights import reach_for
from stroem.server.api.waiting.reasons import lack, waiting_reason
from stroem.server.keys import SERVICES, SETTINGS
from stroem.store.jobs import needs
from stroem.store.jobs.summaries import queue_groups, queue_steps


@attrs.frozen(kw_only=True)
class QueueItem:
    """Ready steps that require the same ability, tags and `resources` of a worker.

    `waiting` is their number, `first_since` the time since which the first of them waits. `has_worker` is whether an
    active worker can run them; `why` says what they wait for.
    """

    ability: str
    tags: tuple[str, ...]
    resources: dict[str, str]
    waiting: int
    first_since: datetime.datetime | None
    has_worker: bool
    why: str


@attrs.frozen(kw_only=True)
class Queue:
    """Groups of ready steps, the largest first, and numbers of steps that are held, by what holds them.

    `held_jobs` is the number of jobs that wait for a slot before they begin. Numbers end at 100,000.
    """

    groups: tuple[QueueItem, ...]
    held: Mapping[str, int]
    held_jobs: int


async def get(request: web.Request) -> Queue:
    """The steps that wait now: for workers in groups, and the numbers of those that something else holds."""
    fails_after = request.app[SETTINGS].recovery.unmatched_step_timeout_secs
    reach = reach_for(request, "queue.read")
    async with request.app[SERVICES].database.read() as connection:
        groups = await queue_groups.queue_groups(connection, reach)
        held = await queue_groups.held_counts(connection, reach)
        held_jobs = await queue_steps.count_held_jobs(connection, queue_groups.MOST_COUNTED, reach)
        offers = await needs.active_offers(connection)
    items = tuple(
        QueueItem(
            ability=one.need.ability,
            tags=one.need.tags,
            resources=shown(one.need.resources),
            waiting=one.waiting,
            first_since=one.first_since,
            has_worker=lack(one.need, offers) is None,
            why=waiting_reason(one.need, offers, fails_after),
        )
        for one in groups
    )
    return Queue(groups=items, held=held, held_jobs=held_jobs)
