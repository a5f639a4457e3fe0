"""Triggers of workspaces."""

import datetime

import attrs
from aiohttp import web

from stroem.conversion.unstructure import ABSENT
from stroem.definitions.trigger_options import target_of
from stroem.definitions.values import Json
from stroem.definitions.workspace import Definitions
from stroem.interfaces.triggers.fire_times import next_fires
from stroem.reconciler.workspaces.catalog import LiveWorkspace
from stroem.records.condition import Override
from stroem.redaction.redactor import Redactor
from stroem.server.api.lookup import loaded_workspace

_RUNS = 5


@attrs.frozen(kw_only=True)
class TriggerInfo:
    """A trigger, with the next five times of a schedule. A `paused` one is not enabled."""

    name: str
    type: str
    cron: str | None = attrs.field(default=None, metadata=ABSENT)
    timezone: str | None = attrs.field(default=None, metadata=ABSENT)
    task: str
    target_task: str | None = attrs.field(default=None, metadata=ABSENT)
    enabled: bool
    input: dict[str, Json]
    next_runs: tuple[datetime.datetime, ...]
    paused: Override | None = attrs.field(default=None, metadata=ABSENT)


async def list_triggers(request: web.Request, workspace: str) -> tuple[TriggerInfo, ...]:
    """The triggers of a workspace."""
    return trigger_infos(loaded_workspace(request.app, workspace))


def trigger_infos(live: LiveWorkspace, task: str | None = None) -> tuple[TriggerInfo, ...]:
    """The triggers of a workspace, or of one task."""
    definitions, paused = live.definitions or Definitions(), live.paused_triggers
    redactor = Redactor([definitions.secrets])
    now = datetime.datetime.now(datetime.UTC)
    return tuple(
        TriggerInfo(
            name=name,
            type=trigger.type,
            cron=getattr(trigger.options, "cron", None),
            timezone=getattr(trigger.options, "timezone", None),
            task=trigger.task,
            target_task=target_of(trigger.options),
            enabled=trigger.enabled and name not in paused,
            paused=paused.get(name),
            input={key: redactor.value(value) for key, value in trigger.input.items()},
            next_runs=() if name in paused else next_fires(f"{live.status.name}/{name}", trigger, now, _RUNS),
        )
        for name, trigger in definitions.triggers.items()
        if task is None or task in (trigger.task, trigger.target)
    )
