"""Verdicts of limits on a job before its creation."""

from collections.abc import Sequence
from typing import Literal

import attrs

from stroem.engine.slots.limits import limit_noun
from stroem.engine.values.job_slots import JobSlot
from stroem.store.limits import lines
from stroem.store.limits.lines import KeyState
from stroem.store.statement import Connection

Verdict = Literal["starts", "waits", "skipped", "cancelled", "refused", "cancels"]
"""`cancels`: it would wait, and have an earlier job cancelled."""


@attrs.frozen(kw_only=True)
class SlotVerdict:
    """Verdict of the limit of one slot at this moment, with its reason. `state` is None for a key without any use.

    `ahead` is the number of owners in line before the job, at most 1000.
    """

    key: str
    verdict: Verdict
    text: str
    ahead: int = 0
    state: KeyState | None = None


async def verdicts_of(connection: Connection, slots: Sequence[JobSlot], priority: int) -> tuple[SlotVerdict, ...]:
    """The verdicts on a job with these slots, in the order in which it takes them.

    Those behind the first that is not `starts` are about the state now, which may have changed until then.
    """
    states = await lines.states_of(connection, [slot.key for slot in slots])
    found: list[SlotVerdict] = []
    for slot in slots:
        state = states.get(slot.key)
        ahead = 0 if state is None else await lines.length_before(connection, slot.key, -priority)
        found.append(_verdict(slot, state, ahead))
    return tuple(found)


def _verdict(slot: JobSlot, state: KeyState | None, ahead: int) -> SlotVerdict:
    noun = limit_noun(slot.key)
    size = slot.size or (0 if state is None else state.size)
    is_full = state is not None and (state.held >= size or state.opens_at is not None or ahead > 0)
    if not is_full:
        return SlotVerdict(key=slot.key, verdict="starts", text=f"A slot of {noun} is free", state=state)
    verdict, consequence = _policy(slot, ahead)
    text = f"No slot of {noun} is free: the job {consequence}"
    return SlotVerdict(key=slot.key, verdict=verdict, text=text, ahead=ahead, state=state)


def _policy(slot: JobSlot, ahead: int) -> tuple[Verdict, str]:
    if slot.policy == "skip":
        return "skipped", "is skipped"
    if slot.policy == "cancel_newest":
        return "cancelled", "is cancelled"
    if slot.policy == "cancel_previous":
        return "cancels", "has an earlier one cancelled, and waits for its end"
    if slot.max_queue is not None and ahead >= slot.max_queue:
        return "refused", f"fails, since {ahead} wait already"
    return "waits", "waits" if not ahead else f"waits behind {ahead} other{'s' if ahead > 1 else ''}"
