"""Settings of release guards."""

from typing import Annotated, Literal

import attrs

from stroem.conversion.constraints import CronExpression, Range, Seconds, ZoneName
from stroem.definitions.approvers import Approvers

_YEAR = 366 * 24 * 3600


@attrs.frozen(kw_only=True)
class FreezeSettings:
    """A window in which new releases wait. It opens at each time of `cron` and closes when clocks in `timezone` show
    that `duration` is over.
    """

    cron: Annotated[str, CronExpression()]
    duration: Annotated[Seconds, Range(at_most=_YEAR)]
    timezone: Annotated[str, ZoneName()] = "UTC"
    reason: str | None = None


@attrs.frozen(kw_only=True)
class GuardSettings:
    """Guards of one workspace.

    `hold` is the part of a revision with mistakes that waits: `all` of it, or what is `affected`. With `approval` each
    release waits for an approval. `max_removed_share` is the share of tasks, 0 to 1, that a revision may remove without
    somebody's consent; counted from ten tasks on, while a revision without any tasks always asks for it.

    Whatever waits is approved by `approvers` alone, if they are given, and with `four_eyes` not by the author of its
    commit. Both need sign-in.
    """

    hold: Literal["all", "affected"] = "all"
    approval: bool = False
    max_removed_share: Annotated[float, Range(at_least=0, at_most=1)] = 0.5
    freeze: tuple[FreezeSettings, ...] = ()
    approvers: Approvers | None = None
    four_eyes: bool = False
