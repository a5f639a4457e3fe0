"""Set of attempts, with or without the ids of their steps."""

from collections.abc import Iterable

from stroem.protocol.steps import StepAttempt


class AttemptSet:
    """Set of attempts. Two are equal by the ids of their steps, or by the names if one of them has no id."""

    def __init__(self, attempts: Iterable[StepAttempt]) -> None:
        listed = tuple(attempts)
        self._keys = frozenset([one.key for one in listed])
        self._names = frozenset([one.name_key for one in listed])

    def __contains__(self, attempt: StepAttempt) -> bool:
        if attempt.step_id is None:
            return attempt.name_key in self._names
        return attempt.key in self._keys or attempt.name_key in self._keys
