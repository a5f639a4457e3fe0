"""How something stands that is kept equal to its source."""

import datetime
from typing import Literal

import attrs

NOT_LOOKED = "NotLooked"
"""The reason why something is not Ready whose source has not been read yet."""


@attrs.frozen(kw_only=True)
class Condition:
    """One aspect, true or not `since` a time. `reason` is one word for programs, `message` a sentence for people.

    Ready: what runs is what the source says. Reconciling: something is under way, or is tried again by itself.
    Stalled: nothing will change until somebody does something.
    """

    type: Literal["Ready", "Reconciling", "Stalled"]
    status: bool
    reason: str
    message: str
    since: datetime.datetime


@attrs.frozen(kw_only=True)
class Waiting:
    """A valid revision that a guard holds back: `manifest` is the digest of its files.

    `reasons` are words for programs (`approval`, `prune`, `freeze`), `message` says them to people; `until` is the
    time at which it goes on by itself, None when it waits for somebody.
    """

    revision: str
    manifest: str
    reasons: tuple[str, ...]
    message: str
    since: datetime.datetime
    until: datetime.datetime | None = None


@attrs.frozen(kw_only=True)
class Approval:
    """Somebody's consent to what waits, by the digest of its files."""

    manifest: str
    by: str
    at: datetime.datetime


@attrs.frozen(kw_only=True)
class Override:
    """What somebody has set at run time against what git says.

    `kind` suspended: the source is not followed; pinned: it is followed at another `ref`, or not at all because of a
    rollback to `release`; trigger_paused: the trigger `name` starts nothing.
    """

    kind: Literal["suspended", "pinned", "trigger_paused"]
    name: str = ""
    ref: str | None = None
    release: int | None = None
    reason: str | None = None
    by: str
    at: datetime.datetime
