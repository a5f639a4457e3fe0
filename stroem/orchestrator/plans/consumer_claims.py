"""Claims of steps of consumers, whose output has the events of a trigger."""

from collections.abc import Mapping, Sequence
from typing import Any

import attrs

from stroem.definitions.values import Json
from stroem.protocol.claim import Claim
from stroem.protocol.events import MOST_EVENTS, EventSourceConfig
from stroem.store.jobs.jobs import JobFacts

LAST_EVENT = "STROEM_LAST_EVENT_ID"
"""The variable with the id of the last event that has a job, from which a consumer can go on."""


def consumer_facts(source_id: str, target_task: str, env: Sequence[str], **more: Json) -> dict[str, Json]:
    """The facts that the job of a consumer keeps for its claims. `env` are the names of its further variables."""
    return {"source_id": source_id, "target_task": target_task, "env": list(env), **more}


def consuming(claim: Claim, facts: JobFacts, last_event: str | None) -> Claim:
    """The claim with the trigger of its events, if its job is a consumer."""
    if facts.consumer is None:
        return claim
    known: Mapping[str, Any] = dict(facts.consumer)
    given = claim.action_spec.get("env")
    env: dict[str, Any] = dict(given) if isinstance(given, Mapping) else {}
    own = {name: str(env[name]) for name in known["env"] if name in env}
    if last_event is not None and LAST_EVENT not in env:
        env[LAST_EVENT] = own[LAST_EVENT] = last_event
    config = EventSourceConfig(
        target_task=known["target_task"],
        source_id=known["source_id"],
        max_in_flight=known["max_in_flight"],
        env=own,
        backoff_secs=known["backoff_secs"],
        consecutive_failures=known["consecutive_failures"],
        batch_events=MOST_EVENTS,
    )
    return attrs.evolve(claim, action_spec={**claim.action_spec, "env": env}, event_source_config=config)
