"""Descriptions of triggers."""

import datetime
import uuid
from typing import Any, Literal

import attrs

from stroem.conversion import canonical
from stroem.conversion.record import key_of
from stroem.conversion.unstructure import ABSENT
from stroem.definitions.trigger import Debounce, Trigger
from stroem.definitions.trigger_options import as_json, target_of
from stroem.definitions.values import Json
from stroem.definitions.workspace import Definitions
from stroem.interfaces.triggers.time_trigger import TimeTrigger
from stroem.reconciler.workspaces.catalog import LiveWorkspace
from stroem.records.condition import Override
from stroem.redaction.definition_secrets import Secrets
from stroem.store.triggers.fires import FireRow

State = Literal["live", "paused", "disabled"]


@attrs.frozen(kw_only=True)
class TriggerFire:
    """A fire of a trigger.

    `verdict`: `started` (a job, of `job_id`), `filtered` (by `if`), `debounced` (it waits for more), `failed` (no job
    could be created, for the `reason`), `missed` (times that passed while no server ran). `key` is unique among the
    fires of the trigger: the id of an event, or the name and version of a file.
    """

    at: datetime.datetime
    verdict: str
    job_id: uuid.UUID | None
    job_status: str | None
    scheduled_at: datetime.datetime | None
    reason: str | None
    key: str


@attrs.frozen(kw_only=True)
class TriggerInfo:
    """A trigger, with the next five times of a schedule.

    `enabled` is false for one that is disabled in its file, or `paused` by a person; `state` tells these apart.
    `options` are the keys of its type, without secrets; `condition` is its `if`. `schedule_words` is a schedule of a
    common shape in words. `problem` is the reason why it does not fire as it should.
    """

    name: str
    type: str
    cron: str | None = attrs.field(default=None, metadata=ABSENT)
    timezone: str | None = attrs.field(default=None, metadata=ABSENT)
    schedule_words: str | None = None
    task: str
    target_task: str | None = attrs.field(default=None, metadata=ABSENT)
    enabled: bool
    state: State
    input: dict[str, Json]
    options: dict[str, Json]
    concurrency: str
    condition: str | None = None
    debounce: Debounce | None = None
    next_runs: tuple[datetime.datetime, ...] = ()
    last_fire: TriggerFire | None = None
    problem: str | None = None
    paused: Override | None = attrs.field(default=None, metadata=ABSENT)


def trigger_infos(live: LiveWorkspace, task: str | None = None) -> tuple[TriggerInfo, ...]:
    """The triggers of a workspace, or of one task, as its release has them, without next times."""
    definitions = live.definitions or Definitions()
    secrets = Secrets(sides=(definitions,))
    return tuple(
        trigger_info(live, name, trigger, secrets)
        for name, trigger in definitions.triggers.items()
        if task is None or task in (trigger.task, trigger.target)
    )


def trigger_info(live: LiveWorkspace, name: str, trigger: Trigger, secrets: Secrets) -> TriggerInfo:
    """A trigger as its release has it, without next times."""
    state = state_of(live, name, trigger)
    return TriggerInfo(
        name=name,
        type=trigger.type,
        cron=getattr(trigger.options, "cron", None),
        timezone=getattr(trigger.options, "timezone", None),
        schedule_words=trigger.options.words if isinstance(trigger.options, TimeTrigger) else None,
        task=trigger.task,
        target_task=target_of(trigger.options),
        enabled=state == "live",
        state=state,
        paused=live.paused_triggers.get(name),
        input=_shown(name, "input", trigger.input, secrets),
        options=_options(name, trigger, secrets),
        concurrency=trigger.concurrency,
        condition=trigger.if_,
        debounce=trigger.debounce,
    )


def state_of(live: LiveWorkspace, name: str, trigger: Trigger) -> State:
    """The state of a trigger: its file's before that which a person has set."""
    if not trigger.enabled:
        return "disabled"
    return "paused" if name in live.paused_triggers else "live"


def fire_of(row: FireRow) -> TriggerFire:
    """A recorded fire."""
    return TriggerFire(
        at=row.at,
        verdict=row.verdict,
        job_id=row.job_id,
        job_status=row.job_status,
        scheduled_at=row.scheduled_at,
        reason=row.reason,
        key=row.key,
    )


def _options(name: str, trigger: Trigger, secrets: Secrets) -> dict[str, Json]:
    """The keys of the trigger's type that have a value of their own, without secrets."""
    plain = canonical.to_json(trigger.options)
    options = {field: _spelled(getattr(trigger.options, field), value) for field, value in plain.items()}
    return {key_of(field): _shown(name, field, as_json(value), secrets) for field, value in options.items()}


def _spelled(value: object, plain: Any) -> Any:
    """The plain value of an option, with the keys of records as files have them."""
    if not (attrs.has(type(value)) and isinstance(plain, dict)):
        return plain
    return {key_of(field): _spelled(getattr(value, field), entry) for field, entry in plain.items()}


def _shown(name: str, field: str, value: Json, secrets: Secrets) -> Any:
    """The value of a field of a trigger without secrets."""
    return secrets.redactor.value(secrets.hidden("trigger", name, (field,), value))
