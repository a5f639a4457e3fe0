"""Fires that are about to be recorded: conditions, keys and inputs rendered, jobs prepared."""

from collections.abc import Mapping
from typing import Any

import attrs

from stroem.definitions.values import Json
from stroem.engine.slots.limits import trigger_key
from stroem.engine.values.job_slots import JobSlot
from stroem.engine.values.reserved_key import refuse_reserved
from stroem.errors import StroemError, Unavailable
from stroem.interfaces.triggers.job_trigger import JobTrigger
from stroem.orchestrator.jobs.new_jobs import NewJobs, PreparedJob
from stroem.orchestrator.plans.renderer import Renderer
from stroem.orchestrator.plans.shared_tasks import CurrentTask
from stroem.orchestrator.plans.start_request import StartRequest
from stroem.orchestrator.triggers.fire_request import Fired, FireRequest, event_of, with_events
from stroem.orchestrator.triggers.live_triggers import LiveTrigger, LiveTriggers
from stroem.records.release import Release
from stroem.store.batch_isolation import is_outage, reason_of
from stroem.templating.template import as_expression, render, text_of

_FALSE = frozenset({"", "false", "0", "null", "none"})


@attrs.frozen(kw_only=True)
class PreparedFire:
    """A fire with its job, or with the key of its debounce, or with its result if no job follows."""

    request: FireRequest
    live: LiveTrigger | None = None
    job: PreparedJob | None = None
    task_release: Release | None = None
    debounce_key: str | None = None
    result: Fired | None = None


class FirePreparer:
    """Prepares fires without writing anything."""

    def __init__(
        self, triggers: LiveTriggers, new_jobs: NewJobs, renderer: Renderer, current_task: CurrentTask
    ) -> None:
        self._triggers = triggers
        self._new_jobs = new_jobs
        self._renderer = renderer
        self._current_task = current_task

    async def prepare(self, request: FireRequest) -> PreparedFire:
        """Prepares a fire. A fault of its templates or its input makes it a failed one. Raises outages only."""
        try:
            return await self._prepare(request)
        except Exception as error:
            if is_outage(error) or isinstance(error, Unavailable):
                raise
            return PreparedFire(request=request, result=failed(request, error))

    async def _prepare(self, request: FireRequest) -> PreparedFire:
        live = self._triggers.get(request.workspace, request.trigger)
        if live is None:
            result = Fired(request=request, verdict="refused", reason="its workspace has no such trigger any more")
            return PreparedFire(request=request, result=result)
        trigger = live.trigger
        if trigger.debounce is not None and request.actor is not None:  # it waits for no others
            events = [event_of(request.fire.input, request.fire.context)]
            request = attrs.evolve(request, fire=with_events(request.fire, events))
        context = _context(live, request)
        if not request.settled:
            if trigger.if_ is not None and not await self._is_true(trigger.if_, context):
                result = Fired(request=request, verdict="filtered", reason="`if` is false")
                return PreparedFire(request=request, live=live, result=result)
            if trigger.debounce is not None and request.actor is None:
                key = text_of(await self._render(trigger.debounce.key, context))
                return PreparedFire(request=request, live=live, debounce_key=key)
        release, definitions = self._current_task(request.workspace, trigger.target)
        own = {name: value for name, value in trigger.input.items() if name not in request.given}
        given = await self._render(own, context)
        raw_input = {**(given if isinstance(given, Mapping) else {}), **request.fire.input, **request.given}
        # the output of a job may have such references
        refuse_reserved(request.given if isinstance(live.options, JobTrigger) else raw_input)
        start = StartRequest(
            task=trigger.target,
            definitions=definitions,
            release=release,
            raw_input=raw_input,
            optional_input=live.options.gives | ({"events"} if trigger.debounce is not None else frozenset()),
            source_type=live.options.source_type,
            source_id=live.source_id,
            slots=_slots(live, takes_turns=request.takes_turns),
            context={"trigger": context["trigger"]},
        )
        job = await self._new_jobs.prepare(start)
        return PreparedFire(request=request, live=live, job=job, task_release=release)

    async def _is_true(self, condition: str, context: Mapping[str, Json]) -> bool:
        value = await self._render(as_expression(condition), context)
        return text_of(value).strip().lower() not in _FALSE if isinstance(value, str) else bool(value)

    async def _render(self, value: Json, context: Mapping[str, Any]) -> Json:
        return await self._renderer.render(lambda budget: render(value, context, budget=budget))


def failed(request: FireRequest, error: Exception) -> Fired:
    """The result of a fire whose job cannot be created."""
    reason = str(error) if isinstance(error, StroemError) else reason_of(error)
    return Fired(request=request, verdict="failed", reason=reason[:2000])


def _context(live: LiveTrigger, request: FireRequest) -> dict[str, Json]:
    """The roots of templates over a fire."""
    given = request.fire.context
    about = given.get("trigger")
    at = request.fire.scheduled_at
    own: dict[str, Json] = {
        "name": live.name,
        "workspace": live.workspace,
        "type": live.trigger.type,
        "scheduled_at": None if at is None else at.isoformat(),
        "previous_at": None,
        "fired_by": request.actor,
    }
    return {**given, "trigger": {**own, **(about if isinstance(about, Mapping) else {})}}


def _slots(live: LiveTrigger, *, takes_turns: bool) -> tuple[JobSlot, ...]:
    """The slot that limits the live jobs of a trigger to one."""
    policy = live.trigger.concurrency
    if policy == "allow":
        return ()
    key = trigger_key(live.workspace, live.name)
    return (JobSlot(key=key, size=1, policy="queue" if takes_turns else policy),)
