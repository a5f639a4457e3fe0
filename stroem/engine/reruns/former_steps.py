"""Steps of the job that is run again."""

from collections.abc import Sequence

import attrs

from stroem.engine.values.state import JOB

KEEPABLE = frozenset({"completed", "failed", "skipped"})
"""Statuses of steps that can be kept."""


@attrs.frozen(kw_only=True)
class FormerStep:
    """A step of the job that is run again. `hides_secrets`: its stored output shows markers in place of secrets."""

    id: int
    parent: int
    node: int
    item: int
    status: str
    error: str | None = None
    hides_secrets: bool = False


def failures(steps: Sequence[FormerStep]) -> dict[int, str]:
    """The failed and cancelled steps, with the reason: of blocks and loops those that failed by themselves."""
    parents = {step.id: step.parent for step in steps}
    caused: set[int] = set()
    for step in steps:
        if step.status in ("failed", "cancelled"):
            at = step.parent
            while at != JOB and at not in caused:
                caused.add(at)
                at = parents[at]
    ended = {"failed": "it failed", "cancelled": "it was cancelled"}
    return {step.id: ended[step.status] for step in steps if step.status in ended and step.id not in caused}
