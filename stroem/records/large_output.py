"""References that stand in the place of large outputs."""

import re
import uuid
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import attrs

from stroem.definitions.values import Json

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
KEY = "$large_output"
"""The one key of a reference: `{"$large_output": {"digest": …, "size": …}}`, or with `job` and `step`."""
HIDES = "hides_secrets"
"""The key of a reference to an output with markers in place of secrets."""


@attrs.frozen(kw_only=True)
class LargeOutput:
    """A reference to an output of `size` bytes of JSON text: by its digest, or as that of a step of a job.

    `hides_secrets`: without its secrets, the output has markers in their place.
    An output that a step gives may look the same. So a reader resolves only what belongs to the job.
    """

    size: int
    digest: str | None = None
    job: uuid.UUID | None = None
    step: int | None = None
    hides_secrets: bool = False

    @property
    def json(self) -> dict[str, Json]:
        """The reference as a value."""
        hides: dict[str, Json] = {HIDES: True} if self.hides_secrets else {}
        if self.digest is not None:
            return {KEY: {"digest": self.digest, "size": self.size, **hides}}
        return {KEY: {"job": str(self.job), "step": self.step, "size": self.size, **hides}}


def reference_in(value: Any) -> LargeOutput | None:
    """The reference that a value is; None for another value."""
    if not isinstance(value, Mapping) or len(value) != 1 or not isinstance(fields := value.get(KEY), Mapping):
        return None
    match dict(fields):
        case {"digest": str(digest), "size": int(size), **rest} if rest.keys() <= {HIDES}:
            return LargeOutput(digest=digest, size=size, hides_secrets=bool(rest.get(HIDES)))
        case {"job": str(job), "step": int(step), "size": int(size), **rest} if rest.keys() <= {HIDES}:
            if not _UUID.fullmatch(job):
                return None
            return LargeOutput(job=uuid.UUID(job), step=step, size=size, hides_secrets=bool(rest.get(HIDES)))
    return None


def references_in(value: Any) -> Iterator[LargeOutput]:
    """The references in a value, at any depth."""
    stack = [value]
    while stack:
        item = stack.pop()
        if isinstance(item, Mapping):
            if (found := reference_in(item)) is not None:
                yield found
            else:
                stack.extend(item.values())
        elif isinstance(item, list | tuple):
            stack.extend(item)


def replaced(value: Any, by: Callable[[LargeOutput], Json]) -> Any:
    """The value with others in the place of its references."""
    if isinstance(value, Mapping):
        if (found := reference_in(value)) is not None:
            return by(found)
        return {key: replaced(item, by) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [replaced(item, by) for item in value]
    return value
