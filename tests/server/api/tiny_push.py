"""A plugin with one kind of push hook, whose requests hold addresses line by line."""

import hmac
from collections.abc import Sequence
from typing import ClassVar

import attrs

from stroem.hookspecs import hookimpl
from stroem.interfaces.options import check_secret
from stroem.interfaces.push_hook import PushRefused, PushRequest, PushUnreadable
from stroem.records.push import Push


@attrs.frozen(kw_only=True)
class TinyPushHook:
    """Takes requests with the right `X-Token`, or `token` in the query."""

    name: ClassVar[str] = "tiny"

    token: str = attrs.field(repr=False, validator=check_secret)

    def read(self, request: PushRequest) -> Sequence[Push]:
        given = request.headers.get("x-token") or request.query.get("token", "")
        if not hmac.compare_digest(given.encode(), self.token.encode()):
            raise PushRefused("the header X-Token is not the token that is set")
        try:
            urls = request.body.decode().splitlines()
        except UnicodeDecodeError:
            raise PushUnreadable("the body is not UTF-8") from None
        if urls == ["break"]:
            raise RuntimeError(f"this told {self.token}")
        return [Push(urls=(url,), by=request.headers.get("x-user")) for url in urls]


@hookimpl
def stroem_push_hooks() -> list[type[TinyPushHook]]:
    return [TinyPushHook]
