"""Log lines of the server about decisions."""

import uuid
from collections.abc import Iterator, Mapping, Sequence

from stroem.engine.changes import Transition
from stroem.engine.values.state import JOB
from stroem.orchestrator.jobs.decisions import Decided
from stroem.orchestrator.logs.appender import LogAppender, LogChunk, claims_of
from stroem.orchestrator.logs.server_lines import server_line
from stroem.orchestrator.plans.step_names import StepNames
from stroem.protocol.plan_paths import path_at
from stroem.store.jobs.steps import StepId
from stroem.store.logs import logs
from stroem.store.statement import Connection

_LABELS = {
    "timer": "recovery",
    "lost": "recovery",
    "unmatched": "recovery",
    "cache": "cache",
    "claim": "orchestration",
    "stuck": "orchestration",
    "reminder": "approval",
}
"""Labels by cause of a transition."""


class ServerLines:
    """Writes lines about decisions."""

    def __init__(self, appender: LogAppender, names: StepNames) -> None:
        self.appender = appender
        self._names = names

    async def write(self, connection: Connection, decided: Sequence[Decided]) -> dict[uuid.UUID, int]:
        """Appends the lines about these decisions; returns the new lengths of the logs, for the caller to store."""
        told = [(one, change) for one in decided for change in one.changes.history if _is_told(one, change)]
        notes = [server_line(one.locked.id, note) for one in decided for note in one.changes.notes]
        if not told and not notes:
            return {}
        steps = {(one.locked.id, change.step) for one, change in told if change.step != JOB}
        names = await self._names.names_of(connection, steps)
        locked = {one.locked.id: one.locked for one in decided}
        chunks = [*_lines(told, names), *notes]
        access = await logs.log_heads(connection, claims_of(chunks))
        lengths, _ = await self.appender.append(connection, locked, chunks, access, locked.keys())
        return lengths


def _is_told(one: Decided, change: Transition) -> bool:
    if change.detail is None:
        return False
    if change.step == JOB:
        return change.cause == "cancel" and one.locked.state.cancel_reason is None
    return change.cause in _LABELS and change.status != "running"


def _lines(told: Sequence[tuple[Decided, Transition]], names: Mapping[StepId, str]) -> Iterator[LogChunk]:
    for one, change in told:
        text = change.detail or ""
        if change.step != JOB:
            name = names.get((one.locked.id, change.step)) or _new_name(one, change.step)
            text = f"[{_LABELS[change.cause]}] Step {name!r}: {text}"
        yield server_line(one.locked.id, text)


def _new_name(one: Decided, step: int) -> str:
    """The path of a new step; the name of its node if a scope around it is not known in the decision."""
    changes = one.changes
    chain = [changes.step(step).address]
    while (parent := chain[0][0]) != JOB:
        if parent not in changes.made and parent not in changes.changed:
            return one.plan.node(chain[-1][1]).name
        chain.insert(0, changes.step(parent).address)
    return path_at(one.plan, chain)
