"""Triggers of workspaces."""

import datetime

import attrs
from aiohttp import web

from stroem.conversion.unstructure import ABSENT
from stroem.definitions.fire_times import next_fires
from stroem.definitions.values import Json
from stroem.definitions.workspace import Definitions
from stroem.dialects.no_effect import TRIGGERS
from stroem.reconciler.workspaces.catalog import LiveWorkspace
from stroem.records.condition import Override
from stroem.redaction.redactor import Redactor
from stroem.server.api.lookup import loaded_workspace

_RUNS = 5


@attrs.frozen(kw_only=True)
class TriggerInfo:
    """A trigger. A `paused` one is not enabled.

    `no_effect` is the reason why it does not fire yet: then `next_runs` is empty, and `preview_runs` has the next five
    times of the schedule.
    """

    name: str
    type: str
    cron: str | None = attrs.field(default=None, metadata=ABSENT)
    timezone: str | None = attrs.field(default=None, metadata=ABSENT)
    task: str
    target_task: str | None = attrs.field(default=None, metadata=ABSENT)
    enabled: bool
    input: dict[str, Json]
    next_runs: tuple[datetime.datetime, ...]
    preview_runs: tuple[datetime.datetime, ...]
    no_effect: str | None = attrs.field(default=None, metadata=ABSENT)
    paused: Override | None = attrs.field(default=None, metadata=ABSENT)


async def list_triggers(request: web.Request, workspace: str) -> tuple[TriggerInfo, ...]:
    """The triggers of a workspace."""
    return trigger_infos(loaded_workspace(request.app, workspace))


def trigger_infos(live: LiveWorkspace, task: str | None = None) -> tuple[TriggerInfo, ...]:
    """The triggers of a workspace, or of one task."""
    definitions, paused = live.definitions or Definitions(), live.paused_triggers
    redactor = Redactor([definitions.secrets])
    return tuple(
        TriggerInfo(
            name=name,
            type=trigger.type,
            cron=trigger.cron,
            timezone=trigger.timezone,
            task=trigger.task,
            target_task=trigger.target_task,
            enabled=trigger.enabled and name not in paused,
            paused=paused.get(name),
            input={key: redactor.value(value) for key, value in trigger.input.items()},
            next_runs=(),
            preview_runs=() if name in paused else next_fires(trigger, datetime.datetime.now(datetime.UTC), _RUNS),
            no_effect=TRIGGERS,
        )
        for name, trigger in definitions.triggers.items()
        if task is None or task in (trigger.task, trigger.target_task)
    )
