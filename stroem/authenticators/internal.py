"""Sign-in by passwords that the server keeps itself."""

from typing import ClassVar

import attrs

from stroem.interfaces.authenticator import Authenticator


@attrs.frozen(kw_only=True)
class Internal(Authenticator):
    """Passwords that the server keeps as their hashes. It has no options."""

    name: ClassVar[str] = "internal"
