"""Conditions of workspaces and libraries, approvals and overrides."""

import datetime
from typing import Literal

import attrs

NOT_LOOKED = "NotLooked"
"""The reason of a Ready condition before the first read of the source."""


@attrs.frozen(kw_only=True)
class Condition:
    """An aspect of the state of a workspace or library, true or false `since` a time.

    `reason` is one word for programs, `message` a sentence for people.

    Ready: the current release is that of the source. Reconciling: work is under way or will be retried.
    Stalled: nothing changes without a change of the source, the settings or by a person.
    """

    type: Literal["Ready", "Reconciling", "Stalled"]
    status: bool
    reason: str
    message: str
    since: datetime.datetime


@attrs.frozen(kw_only=True)
class Waiting:
    """A valid revision that waits for a guard. `manifest` is the digest of its files, `author` that of its commit.

    `reasons` are words for programs (`approval`, `prune`, `freeze`), `message` is a sentence for people; `until` is
    the time at which the wait ends, None when it ends by approval.
    """

    revision: str
    manifest: str
    reasons: tuple[str, ...]
    message: str
    since: datetime.datetime
    until: datetime.datetime | None = None
    author: str | None = None


@attrs.frozen(kw_only=True)
class Approval:
    """A person's approval of a waiting revision, by the digest of its files."""

    manifest: str
    by: str
    at: datetime.datetime


@attrs.frozen(kw_only=True)
class Override:
    """A setting of a person at run time that takes precedence over git.

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
