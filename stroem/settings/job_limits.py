"""Limits of jobs and steps in all workspaces of a server."""

from collections.abc import Iterator, Mapping
from typing import Annotated

import attrs

from stroem.conversion.constraints import Range
from stroem.definitions.limit import MOST_SLOTS, Limit, parse_rate
from stroem.errors import FieldError


@attrs.frozen(kw_only=True)
class JobLimitSettings:
    """A limit of jobs and steps in all workspaces: how many run at once (`max`), how often one starts (`rate`)."""

    max: Annotated[int, Range(at_least=1, at_most=MOST_SLOTS)] | None = None
    rate: str | None = None

    @property
    def limit(self) -> Limit:
        """The limit. Valid settings have one."""
        return Limit(max=self.max, rate=None if self.rate is None else parse_rate(self.rate))


def limit_mistakes(limits: Mapping[str, JobLimitSettings]) -> Iterator[FieldError]:
    """Mistakes in names and values."""
    for name, one in limits.items():
        field = f"job_limits.{name}"
        if not name or not name.isprintable() or "." in name or "/" in name:
            yield FieldError(field=field, message="is not a name: leave out dots and slashes")
        if one.max is None and one.rate is None:
            yield FieldError(field=field, message="needs max or rate")
        if one.rate is not None and parse_rate(one.rate) is None:
            yield FieldError(field=f"{field}.rate", message="is not a rate like 10 per minute or 100 per 1h")
