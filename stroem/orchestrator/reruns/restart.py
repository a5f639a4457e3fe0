"""Choice of the steps of a job that run again."""

from collections.abc import Mapping
from typing import Self

import attrs

from stroem.definitions.values import Json


@attrs.frozen(kw_only=True)
class Restart:
    """Steps to run again: those named by their paths, and with `failed` all that failed or were cancelled."""

    failed: bool = False
    steps: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Json]:
        """The choice as it is stored with the job."""
        return {"failed": self.failed, "steps": list(self.steps)}

    @classmethod
    def from_json(cls, stored: Json) -> Self:
        """The choice that is stored with a job."""
        given = stored if isinstance(stored, Mapping) else {}
        steps = given.get("steps")
        names = tuple(map(str, steps)) if isinstance(steps, list | tuple) else ()
        return cls(failed=bool(given.get("failed")), steps=names)


def first_restarted(stored: Json) -> str | None:
    """The first step that a job was to run again, for the one name of the older contract. None if none was named."""
    return next(iter(Restart.from_json(stored).steps), None)
