"""What understands the requests that a git host makes when somebody has pushed."""

from collections.abc import Mapping, Sequence
from typing import ClassVar, Protocol

import attrs

from stroem.records.push import Push


@attrs.frozen(kw_only=True)
class PushRequest:
    """A request as it came in; the names of `headers` are in lower case."""

    headers: Mapping[str, str]
    query: Mapping[str, str]
    body: bytes


class PushHook(Protocol):
    """A kind of push hook. An attrs class; its fields are what the operator sets beside `type:` under
    `push_hooks:` in the server's settings, a secret among them.
    """

    name: ClassVar[str]

    def read(self, request: PushRequest) -> Sequence[Push]:
        """Checks that the request comes from whom it says (comparing in constant time), then says what was pushed:
        nothing for pings and other events.

        Raises `PushRefused` when the signature or token is wrong or missing, `PushUnreadable` when the body is not
        what it should be.
        """
        ...

    def check_head(self, request: PushRequest) -> None:
        """Refuses what headers and query alone condemn, before the body is received; `body` is empty.

        Raises `PushRefused` when the token is wrong, or the signature is missing. Need not be there.
        """
        return


class PushRefused(Exception):
    """The request is not signed as it should be. The message says what to set where, and no secret."""


class PushUnreadable(Exception):
    """The body is not what such a host sends. The message says what is missing."""
