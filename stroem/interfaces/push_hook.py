"""Interface of push hooks, which read the webhook requests of git hosts."""

from collections.abc import Mapping, Sequence
from typing import ClassVar, Protocol

import attrs

from stroem.records.push import Push


@attrs.frozen(kw_only=True)
class PushRequest:
    """A received request; names of `headers` are in lower case."""

    headers: Mapping[str, str]
    query: Mapping[str, str]
    body: bytes


class PushHook(Protocol):
    """A kind of push hook.

    An attrs class; its fields are the options beside `type:` under `push_hooks:` in the server's settings, a secret
    among them.
    """

    name: ClassVar[str]

    def read(self, request: PushRequest) -> Sequence[Push]:
        """Authenticates the request in constant time and reads its pushes; none for pings and other events.

        Raises `PushRefused` for a wrong or missing signature or token, `PushUnreadable` for an invalid body.
        """
        ...

    def check_head(self, request: PushRequest) -> None:
        """Checks headers and query before the body is received; `body` is empty. Optional.

        Raises `PushRefused` for a wrong token or a missing signature.
        """
        return


class PushRefused(Exception):
    """The request is not authentic. The message names the setting to correct, without secrets."""


class PushUnreadable(Exception):
    """The body is invalid. The message names the missing or wrong part."""
