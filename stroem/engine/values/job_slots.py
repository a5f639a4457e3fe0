"""Slots that a job needs for its whole life."""

import attrs

from stroem.definitions.limit import Policy, Rate


@attrs.frozen(kw_only=True)
class JobSlot:
    """A slot that a job takes before it begins, and has until it ends.

    `size` is the number of slots of the key, None for that which is stored. `policy` is for the case that none is free
    at once; with `queue`, at most `max_queue` jobs wait.
    """

    key: str
    size: int | None
    rate: Rate | None = None
    policy: Policy = "queue"
    max_queue: int | None = None

    @property
    def is_told(self) -> bool:
        """True if the job is told when it does not get its slot at once."""
        return self.policy != "queue" or self.max_queue is not None
