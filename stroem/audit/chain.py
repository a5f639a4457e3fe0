"""The chain of hashes over audit rows."""

import hashlib
from collections.abc import Sequence

import attrs
import orjson

START = hashlib.sha256(b"stroem audit log 1").digest()
"""Previous hash of the first row."""

Values = Sequence[str | int | None]
"""The values of a stored row, in the order of its columns: the id first."""


@attrs.frozen(kw_only=True)
class Fault:
    """A mistake in the chain: the row at which it shows, and what is wrong."""

    id: int
    what: str


def hash_of(previous: bytes, values: Values) -> bytes:
    """The hash of a row: SHA-256 over the hash before and the row as a JSON array."""
    return hashlib.sha256(previous + orjson.dumps(list(values))).digest()


class ChainCheck:
    """Checks rows against their seals, batch after batch in the order of ids; keeps the first fault."""

    def __init__(self, *, behind: int, previous: bytes, fault: Fault | None = None) -> None:
        self.id = behind
        self.hash = previous
        self.rows = 0
        self.fault = fault

    def check(self, rows: Sequence[Values], seals: Sequence[tuple[int, bytes]]) -> None:
        """Checks the rows and the seals of one range of ids."""
        sealed = dict(seals)
        by_id = {int(row[0] or 0): row for row in rows}
        for number in sorted(by_id.keys() | sealed.keys()):
            if number not in by_id:
                self.note(number, "the row was removed")
            elif number not in sealed:
                self.note(number, "the row was inserted afterwards, or its seal was removed")
            else:
                self._check_row(number, by_id[number], sealed[number])

    def _check_row(self, number: int, row: Values, sealed: bytes) -> None:
        if hash_of(self.hash, row) != sealed:
            self.note(number, "the row was changed, or rows just before it were removed or changed")
        self.id, self.hash = number, sealed
        self.rows += 1

    def note(self, number: int, what: str) -> None:
        """Keeps a fault, unless there is one before it."""
        if self.fault is None or number < self.fault.id:
            self.fault = Fault(id=number, what=what)
