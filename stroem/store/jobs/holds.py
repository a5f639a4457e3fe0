"""Pauses of single steps, as they are kept in the row of their job."""

import datetime
from collections.abc import Sequence
from typing import Any

from stroem.engine.values.state import Hold
from stroem.store.statement import storable


def records(holds: Sequence[Hold]) -> list[dict[str, Any]] | None:
    """The holds as JSON; None if there are none."""
    return [
        {"place": one.place, "step": storable(one.step), "by": storable(one.by), "at": one.at and one.at.isoformat()}
        for one in holds
    ] or None


def holds_of(given: Any) -> tuple[Hold, ...]:
    """The holds in the JSON of a row."""
    return tuple(
        [
            Hold(
                place=tuple([(node, item) for node, item in one["place"]]),
                step=one["step"],
                by=one["by"],
                at=None if one["at"] is None else datetime.datetime.fromisoformat(one["at"]),
            )
            for one in given or ()
        ]
    )
