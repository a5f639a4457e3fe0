"""The slots of jobs, as the column `slots` has them."""

from typing import Any

import attrs
import orjson

from stroem.conversion import canonical
from stroem.engine.values.job_slots import JobSlot


@attrs.frozen(kw_only=True)
class _Stored:
    slots: tuple[JobSlot, ...] = ()
    shared: tuple[str, ...] = ()


def stored(slots: tuple[JobSlot, ...], shared: frozenset[str]) -> str | None:
    """The column's value as JSON text; None for most jobs, which need no slot."""
    if not slots and not shared:
        return None
    return orjson.dumps(canonical.to_json(_Stored(slots=slots, shared=tuple(sorted(shared))))).decode()


def fields_of(value: Any) -> dict[str, Any]:
    """The fields of a job's state in the column's value."""
    if value is None:
        return {}
    found = canonical.from_json(value, _Stored)
    return {"slots": found.slots, "shared": frozenset(found.shared)}
