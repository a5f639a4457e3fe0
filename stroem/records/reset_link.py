"""A link for setting a password."""

import datetime

import attrs


@attrs.frozen(kw_only=True)
class ResetLink:
    """The secret part of a link for setting a password, and when it expires."""

    token: str = attrs.field(repr=False)
    expires_at: datetime.datetime
