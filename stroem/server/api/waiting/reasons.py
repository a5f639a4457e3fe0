"""Reasons why a step waits."""

import datetime
from collections.abc import Collection

from stroem.definitions.amounts import fits, listed, shortage
from stroem.engine.slots.limits import limit_noun
from stroem.engine.values.state import APPROVAL, PAUSE, PLACEMENT, RETRY, SIGNAL, SLOT, TIMER
from stroem.store.jobs.needs import Need, WorkerOffer, can_run, offers_for
from stroem.store.jobs.worker_steps import SilentWorker

_MOST_NAMED = 5


def waiting_reason(need: Need, offers: Collection[WorkerOffer], fails_after: int, workspace: str | None = None) -> str:
    """The reason as a sentence. `offers` are those of the active workers; `fails_after` is in seconds.

    Without a workspace, steps of any are meant.
    """
    if lacking := lack(need, offers, workspace):
        return f"{lacking}; the step fails when that lasts {fails_after} seconds"
    own = offers if workspace is None else offers_for(offers, workspace)
    suiting = [offer for offer in own if can_run(offer, need) and fits(need.resources, offer.resources)]
    held = [name for offer in suiting for name in offer.held][:_MOST_NAMED]
    if not any(offer.takes_steps for offer in suiting):
        return f"The workers that could run it get no more steps: {', '.join(held)}"
    waiting = "Waiting for a free slot of a worker"
    if need.resources:
        waiting = f"Waiting for a worker with a free slot and {listed(need.resources)}"
    return f"{waiting}; others could run it, but get no more steps: {', '.join(held)}" if held else waiting


def lack(need: Need, offers: Collection[WorkerOffer], workspace: str | None = None) -> str | None:
    """A sentence that names the requirement of a step that no active worker meets; None if a worker meets all."""
    if workspace is None:
        return _lack(need, offers)
    found = _lack(need, offers_for(offers, workspace))
    if found is not None and _lack(need, offers) is None:
        return f"All active workers that could run it serve other workspaces than {workspace!r}"
    return found


def _lack(need: Need, offers: Collection[WorkerOffer]) -> str | None:
    ability, tags, resources = need
    if not offers:
        return "No worker is active"
    able = [offer for offer in offers if ability in offer.capabilities]
    if not able:
        return f"No active worker offers {ability}"
    tagged = [offer for offer in able if set(tags) <= set(offer.tags)]
    if not tagged:
        return f"No active worker that offers {ability} has the tags {', '.join(tags)}"
    taking = [offer for offer in tagged if not offer.exclusive or set(offer.tags) <= set(tags)]
    if not taking:
        return f"All active workers that offer {ability} are exclusive, and take only steps that ask for all their tags"
    if short := shortage(resources, [offer.resources for offer in taking]):
        return f"No active worker is large enough for the step: {short}"
    return None


def silence(worker: SilentWorker, local_secs: int) -> str:
    """The reason why a local job stands still whose worker is not heard any more."""
    fails_at = worker.heard_at + datetime.timedelta(seconds=local_secs)
    return (
        f"Its worker, {worker.name}, was last heard at {_time(worker.heard_at)}; "
        f"unless it comes back, the job fails at {_time(fails_at)}"
    )


def _time(at: datetime.datetime) -> str:
    return at.astimezone(datetime.UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


_HELD = {
    PAUSE: "A pause of the job, or of a step around it, holds it",
    PLACEMENT: "Waiting for the worker that takes the first step of the job",
    RETRY: "Waiting for the next attempt",
    TIMER: "Waiting",
    APPROVAL: "Waiting for an approval",
}


def held_reason(status: str, waits_for: str | None, due_at: datetime.datetime | None = None) -> str | None:
    """The reason why a step that is neither ready nor running waits, other than for its dependencies.

    It ends with the time at which the wait does, if there is one.
    """
    if status not in ("pending", "suspended") or waits_for is None:
        return None
    if waits_for.startswith(SLOT):
        return f"Waiting for a slot of {limit_noun(waits_for.removeprefix(SLOT))}"
    reason = _HELD.get(waits_for)
    if waits_for.startswith(SIGNAL):
        reason = f"Waiting for the signal {waits_for.removeprefix(SIGNAL)!r}"
    if reason is None or due_at is None:
        return reason
    return f"{reason} {'at' if waits_for == RETRY else 'until'} {_time(due_at)}"
