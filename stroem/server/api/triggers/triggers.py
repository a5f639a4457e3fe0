"""Triggers of workspaces: their state, and fires by hand."""

import datetime
import uuid

import attrs
from aiohttp import web

from stroem.conversion.suggestions import missing
from stroem.conversion.unstructure import ABSENT
from stroem.definitions.values import Json
from stroem.definitions.workspace import Definitions
from stroem.errors import BadRequest, Conflict
from stroem.interfaces.triggers.trigger_type import Fire
from stroem.orchestrator.triggers.fire_request import FireRequest
from stroem.reconciler.workspaces.catalog import LiveWorkspace
from stroem.records.event import NewEvent
from stroem.redaction.definition_secrets import Secrets
from stroem.rights.reach import is_reached
from stroem.server.api.lookup import loaded_workspace
from stroem.server.api.rights.live_rights import reach_for
from stroem.server.api.triggers.backfills import Backfill, backfill_of
from stroem.server.api.triggers.consumer_info import ConsumerInfo, consumer_info
from stroem.server.api.triggers.consumer_problems import consumer_problems
from stroem.server.api.triggers.live_infos import live_infos
from stroem.server.api.triggers.next_runs import with_next_runs
from stroem.server.api.triggers.trigger_info import (
    TriggerFire,
    TriggerInfo,
    fire_of,
    trigger_info,
)
from stroem.server.api.workspace_operations import Act, masked_reason
from stroem.server.http.actor import actor_of, author_of
from stroem.server.keys import RECONCILER, SERVICES
from stroem.store.triggers import backfills, fires, triggers

_FIRES = 20
_BACKFILLS = 5


@attrs.frozen(kw_only=True)
class TriggerDetail:
    """A trigger with its last fires and backfills, newest first.

    `since`: the time from which its definition is in effect. An event source has a `consumer`.
    """

    workspace: str
    trigger: TriggerInfo
    since: datetime.datetime | None
    due_at: datetime.datetime | None
    fires: tuple[TriggerFire, ...]
    backfills: tuple[Backfill, ...]
    consumer: ConsumerInfo | None = attrs.field(default=None, metadata=ABSENT)


@attrs.frozen(kw_only=True)
class FireBody(Act):
    """A fire by hand, with inputs in place of those of the trigger."""

    input: dict[str, Json] | None = None


@attrs.frozen(kw_only=True)
class FiredTrigger:
    """The job that a fire by hand has started, with warnings about its input. Without a job there is a `reason`."""

    job_id: uuid.UUID | None
    verdict: str
    reason: str | None
    warnings: tuple[str, ...]


async def list_triggers(request: web.Request, workspace: str) -> tuple[TriggerInfo, ...]:
    """The triggers of a workspace, each with its last fire."""
    definitions = loaded_workspace(request.app, workspace).definitions or Definitions()
    reach = reach_for(request, "trigger.read")
    pairs = [
        (workspace, name) for name, one in definitions.triggers.items() if is_reached(reach, workspace, one.target)
    ]
    return tuple((await live_infos(request.app, pairs)).values())


async def get(request: web.Request, workspace: str, trigger: str) -> TriggerDetail:
    """A trigger with its last fires."""
    live, definitions = checked_trigger(request, workspace, trigger)
    async with request.app[SERVICES].database.read() as connection:
        row = await triggers.find(connection, workspace, trigger)
        latest = await fires.latest(connection, workspace, trigger, _FIRES)
        filled = await backfills.of_trigger(connection, workspace, trigger, _BACKFILLS)
        consumer = await consumer_info(connection, workspace, trigger)
        problems = await consumer_problems(connection, [workspace])
    info = trigger_info(live, trigger, definitions.triggers[trigger], Secrets(sides=(definitions,)))
    (info,) = await with_next_runs(request.app, workspace, [info], {} if row is None else {trigger: row})
    conflicts = await request.app[SERVICES].hooks.finder.conflicts([workspace])
    shown = tuple(fire_of(one) for one in latest)
    return TriggerDetail(
        workspace=workspace,
        trigger=problems.added(
            workspace,
            attrs.evolve(
                info,
                last_fire=shown[0] if shown else None,
                problem=(None if row is None else row.problem) or conflicts.get((workspace, trigger)),
            ),
        ),
        since=None if row is None else row.since,
        due_at=None if row is None else row.due_at,
        fires=shown,
        backfills=tuple(backfill_of(one) for one in filled),
        consumer=consumer,
    )


async def fire(request: web.Request, workspace: str, trigger: str, body: FireBody) -> FiredTrigger:
    """Fires a trigger now, also a paused one, and returns its job.

    Templates of its input see the time of the fire as `trigger.scheduled_at`.
    """
    checked_trigger(request, workspace, trigger)
    services, by = request.app[SERVICES], author_of(request, body.by) or actor_of(request)
    now = datetime.datetime.now(datetime.UTC)
    about = {"scheduled_at": now.isoformat()}
    one = Fire(key=f"hand:{uuid.uuid4()}", context={"trigger": about})
    wanted = FireRequest(workspace=workspace, trigger=trigger, fire=one, actor=by, given=body.input or {})
    (fired,) = await services.triggers.firer.fire([wanted])
    if fired.verdict == "failed":
        raise BadRequest(message=f"Trigger {trigger!r} cannot start a job: {fired.reason}")
    if fired.verdict == "refused":
        raise Conflict(message=f"Trigger {trigger!r} does not fire: {fired.reason}")
    reason = masked_reason(request.app, body, workspace)
    said = f"Trigger {trigger!r} is fired by hand" + (f" ({reason})" if reason else "")
    event = NewEvent(kind="trigger_fired", workspace=workspace, message=said, by=by, cause="person")
    async with services.database.begin() as connection:
        await request.app[RECONCILER].deps.record(connection, [event])
    return FiredTrigger(job_id=fired.job_id, verdict=fired.verdict, reason=fired.reason, warnings=fired.warnings)


def checked_trigger(request: web.Request, workspace: str, trigger: str) -> tuple[LiveWorkspace, Definitions]:
    """The workspace of a trigger and its definitions. Raises NotFound, Unavailable."""
    live = loaded_workspace(request.app, workspace)
    definitions = live.definitions or Definitions()
    if trigger not in definitions.triggers:
        raise missing("Trigger", trigger, definitions.triggers)
    return live, definitions
