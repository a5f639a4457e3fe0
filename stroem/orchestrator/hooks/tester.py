"""Tester of hooks: predicts the outcome of a request without delivering it."""

from collections.abc import Mapping

import attrs

from stroem.definitions.values import Json
from stroem.errors import StroemError
from stroem.interfaces.triggers.http_trigger import HookRefused, HookReply, HookRequest
from stroem.orchestrator.hooks.deliverer import hook_of
from stroem.orchestrator.hooks.keys import DeliveryKeys
from stroem.orchestrator.triggers.fire_request import FireRequest
from stroem.orchestrator.triggers.firer import Firer
from stroem.orchestrator.triggers.live_triggers import LiveTrigger
from stroem.store.database import Database
from stroem.store.triggers import fires


@attrs.frozen(kw_only=True)
class HookTest:
    """The predicted outcome of a request.

    `refused` is the reason if it is not authentic; the rest is then as if it were. `key` is that of the delivery,
    `duplicate_of` the job of an earlier one with it. `input` is without secrets.
    """

    verdict: str
    refused: str | None = None
    reason: str | None = None
    key: str | None = None
    duplicate_of: str | None = None
    debounce_key: str | None = None
    task: str | None = None
    input: Mapping[str, Json] | None = None
    answer: str | None = None
    warnings: tuple[str, ...] = ()


class HookTester:
    """Predicts the outcomes of requests. Nothing starts, and nothing is recorded."""

    def __init__(self, database: Database, firer: Firer, keys: DeliveryKeys) -> None:
        self._database = database
        self._firer = firer
        self._keys = keys

    async def test(self, live: LiveTrigger, request: HookRequest) -> HookTest:
        """Predicts the outcome of a request. Raises Unavailable, and what a plugin raises."""
        refused = await self._refusal(live, request)
        try:
            read = hook_of(live).parse(request)
        except HookRefused as error:
            return HookTest(verdict="refused", refused=refused or str(error))
        if isinstance(read, HookReply):
            verdict = "answered" if refused is None else "refused"
            answer = read.body.decode(errors="replace")
            return HookTest(verdict=verdict, refused=refused, reason=read.reason, answer=answer)
        try:
            delivery = await self._keys.keyed(read, hook_of(live).dedup_key)
        except StroemError as error:
            return HookTest(verdict="failed", refused=refused, reason=str(error))
        wanted = FireRequest(workspace=live.workspace, trigger=live.name, fire=delivery.fire)
        prepared = await self._firer.prepare(wanted)
        earlier = await self._earlier(wanted) if delivery.is_keyed else None
        result = prepared.result
        verdict = result.verdict if result else "started" if prepared.debounce_key is None else "debounced"
        shown = prepared.job.job.input if prepared.job else None
        return HookTest(
            verdict="refused" if refused else "duplicate" if earlier else verdict,
            refused=refused,
            reason=result.reason if result else None,
            key=delivery.fire.key if delivery.is_keyed else None,
            duplicate_of=None if earlier is None or earlier.job_id is None else str(earlier.job_id),
            debounce_key=prepared.debounce_key,
            task=live.trigger.target,
            input=shown if isinstance(shown, Mapping) else None,
            warnings=prepared.job.warnings if prepared.job else (),
        )

    async def _refusal(self, live: LiveTrigger, request: HookRequest) -> str | None:
        try:
            await hook_of(live).authenticate(request)
        except HookRefused as error:
            return str(error)
        return None

    async def _earlier(self, wanted: FireRequest) -> fires.FireRow | None:
        async with self._database.read() as connection:
            found = await fires.find(connection, wanted.workspace, wanted.trigger, [wanted.fire.key])
        return found.get(wanted.fire.key)
