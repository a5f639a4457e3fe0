"""Triggers that answer HTTP requests."""

import re
from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal

import attrs

from stroem.conversion.constraints import Range
from stroem.definitions.trigger_options import SECRET
from stroem.interfaces.triggers.http_trigger import HttpTrigger
from stroem.interfaces.triggers.trigger_type import OptionFault

_NAME = re.compile(r"[A-Za-z0-9_-]+")


@attrs.frozen(kw_only=True)
class Webhook(HttpTrigger):
    """A webhook."""

    name: ClassVar[str] = "webhook"
    source_type: ClassVar[str] = "webhook"
    roots: ClassVar[frozenset[str]] = frozenset({"trigger", "body", "headers", "method", "query"})
    gives: ClassVar[frozenset[str]] = frozenset({"body", "headers", "method", "query"})

    name_: str
    secret: str | None = attrs.field(default=None, metadata=SECRET)
    mode: Literal["async", "sync"] = "async"
    timeout_secs: Annotated[int, Range(at_least=1, at_most=300)] = 30

    def faults(self) -> Iterator[OptionFault]:
        """The fault of the name."""
        if not _NAME.fullmatch(self.name_):
            message = f"{self.name_!r} cannot be the name of a webhook"
            yield OptionFault(path=("name",), message=message, hint="use letters, digits, - and _", code="invalid-name")

    @property
    def hook_name(self) -> str:
        """The name in the path of the requests."""
        return self.name_
