"""Conditions of workspaces and libraries: Ready, Reconciling and Stalled."""

import datetime
from collections.abc import Sequence
from typing import Literal

import attrs

from stroem.reconciler.workspaces.state import Evaluation
from stroem.records.condition import NOT_LOOKED, Condition, Override
from stroem.records.release import Release
from stroem.store.workspaces.libraries import LibraryRow


@attrs.frozen(kw_only=True)
class Facts:
    """Facts from which conditions follow.

    `failure` says why a run of the pipeline failed, `stalled` that a retry does not help; `revision` is the one last
    fetched.
    """

    release: Release | None
    revision: str | None
    evaluation: Evaluation | None
    failure: str | None
    stalled: bool
    overrides: Sequence[Override]


def conditions(facts: Facts, before: Sequence[Condition], now: datetime.datetime) -> tuple[Condition, ...]:
    """Ready, Reconciling and Stalled; each keeps the time since which it has been so."""
    known = {one.type: one for one in before}
    found = []
    for one in _now(facts, now):
        old = known.get(one.type)
        same = old is not None and (old.status, old.reason) == (one.status, one.reason)
        found.append(attrs.evolve(one, since=old.since) if old is not None and same else one)
    return tuple(found)


def conditions_before_any_look(now: datetime.datetime) -> tuple[Condition, ...]:
    """The conditions of a workspace that is being loaded for the first time."""
    facts = Facts(release=None, revision=None, evaluation=None, failure=None, stalled=False, overrides=())
    return _now(facts, now)


def _now(facts: Facts, now: datetime.datetime) -> tuple[Condition, Condition, Condition]:
    ready, reconciling, stalled = _reasons(facts)

    def of(kind: str, state: tuple[bool, str, str]) -> Condition:
        status, reason, message = state
        return Condition(type=kind, status=status, reason=reason, message=message, since=now)  # type: ignore[arg-type]

    return of("Ready", ready), of("Reconciling", reconciling), of("Stalled", stalled)


def library_conditions(row: LibraryRow) -> tuple[Condition, ...]:
    """Condition of a library: Ready when its users have the last seen revision."""
    if row.error is None:
        said = f"Revision {row.revision[:12]} is in use" if row.revision else "It has not been looked at yet"
        ready: State = (row.revision is not None, "Current" if row.revision else NOT_LOOKED, said)
        states = (ready, _IDLE, _FREE)
    elif any(problem.severity == "error" for problem in row.problems):
        states = ((False, "Invalid", row.error), _IDLE, (True, "Invalid", row.error))
    else:
        retrying = (True, "Retrying", "it is tried again by itself")
        states = ((False, "SourceFailed", row.error), retrying, _FREE)
    since = row.changed_at or datetime.datetime.fromtimestamp(0, datetime.UTC)
    return tuple(
        Condition(type=kind, status=status, reason=reason, message=message, since=since)
        for kind, (status, reason, message) in zip(_KINDS, states, strict=True)
    )


_KINDS: Sequence[Literal["Ready", "Reconciling", "Stalled"]] = ("Ready", "Reconciling", "Stalled")
State = tuple[bool, str, str]
_IDLE: State = (False, "Idle", "")
_FREE: State = (False, "No", "")


def _reasons(facts: Facts) -> tuple[State, State, State]:
    evaluation = facts.evaluation
    suspended = next((one for one in facts.overrides if one.kind == "suspended"), None)
    rolled_back = next((one for one in facts.overrides if one.kind == "pinned" and one.release is not None), None)
    if suspended is not None:
        said = f"{_current(facts)}; suspended by {suspended.by}, the source is not followed"
        return (facts.release is not None, "Suspended", said), _IDLE, _FREE
    if rolled_back is not None:
        said = f"{_current(facts)}; rolled back by {rolled_back.by}, the source is not followed"
        return (facts.release is not None, "RolledBack", said), _IDLE, _FREE
    if facts.failure is not None:
        said = facts.failure
        if facts.stalled:
            return (False, "Failed", said), _IDLE, (True, "Failed", said)
        return (False, "SourceFailed", said), (True, "Retrying", "it is tried again by itself"), _FREE
    if evaluation is not None and evaluation.error is not None:
        return (False, "Invalid", evaluation.error), _IDLE, (True, "Invalid", evaluation.error)
    if evaluation is not None and evaluation.waiting is not None:
        waiting = evaluation.waiting
        if waiting.until is not None:
            return (False, "Frozen", waiting.message), (True, "Frozen", waiting.message), _FREE
        return (False, "Waiting", waiting.message), _IDLE, (True, "Waiting", waiting.message)
    if facts.release is None:
        return (
            (False, NOT_LOOKED, "The source has not been looked at yet"),
            (True, "Starting", "It is being loaded"),
            _FREE,
        )
    if evaluation is not None and evaluation.held:
        said = f"{_current(facts)}; kept as they last were good: {len(evaluation.held)}"
        return (True, "PartlyHeld", said), _IDLE, (True, "Held", said)
    return (True, "Current", _current(facts)), _IDLE, _FREE


def _current(facts: Facts) -> str:
    if facts.release is None:
        return "There is no release"
    return f"Release {facts.release.number} ({facts.release.revision[:12]}) is current"
