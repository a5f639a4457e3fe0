"""Verification of the audit log."""

import attrs
from aiohttp import web

from stroem.audit.chain import Fault
from stroem.audit.marks import Mark
from stroem.conversion.unstructure import ABSENT
from stroem.server.keys import SERVICES


@attrs.frozen(kw_only=True)
class FaultInfo:
    """The first row at which the log does not fit, and what is wrong."""

    id: int
    what: str


@attrs.frozen(kw_only=True)
class MarkInfo:
    """A signed place in the log: a row, its hash, and the number of rows up to it."""

    id: int
    hash: str
    count: int


@attrs.frozen(kw_only=True)
class Verification:
    """The result of a verification of all `rows` that are sealed.

    `head` is the last sealed row, `anchor` the last one that retention has removed. `unsealed` rows are newer than the
    head; at most 1000 are counted.
    """

    ok: bool
    rows: int
    unsealed: int
    first: FaultInfo | None = attrs.field(default=None, metadata=ABSENT)
    head: MarkInfo | None = attrs.field(default=None, metadata=ABSENT)
    anchor: MarkInfo | None = attrs.field(default=None, metadata=ABSENT)


async def verify(request: web.Request) -> Verification:
    """Recomputes the chain of the whole log, and compares it with what the server has signed."""
    audit = request.app[SERVICES].audit
    await audit.settle()
    found = await audit.verifier.verify()
    return Verification(
        ok=found.fault is None,
        rows=found.rows,
        unsealed=found.unsealed,
        first=_fault(found.fault),
        head=_mark(found.head),
        anchor=_mark(found.anchor),
    )


def _fault(fault: Fault | None) -> FaultInfo | None:
    return None if fault is None else FaultInfo(id=fault.id, what=fault.what)


def _mark(mark: Mark | None) -> MarkInfo | None:
    return None if mark is None else MarkInfo(id=mark.id, hash=mark.hash.hex(), count=mark.count)
