"""Approvers: the people who may answer an approval."""

from typing import Literal

import attrs

Excluded = Literal["starter", "author"]


@attrs.frozen(kw_only=True)
class Approvers:
    """The people who may answer: `users` by e-mail address, and the members of `groups`."""

    users: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
