"""An event sink that does what a test says."""

import asyncio
from collections.abc import Callable
from typing import ClassVar

import attrs

from stroem.interfaces.event_sink import EventSink
from stroem.records.event import Event
from stroem.settings.server import PluginSettings

BELL = PluginSettings(type="bell")
OTHER_BELL = PluginSettings(type="bell", options={"word": "dong"})


@attrs.define(kw_only=True, eq=False)
class BellSink(EventSink):
    """Keeps what it is told, or does what the test says."""

    name: ClassVar[str] = "bell"

    word: str = "ding"
    got: list[Event] = attrs.field(factory=list, init=False)
    answers: Callable[[Event], Exception | None] = attrs.field(default=lambda _: None, init=False)
    open: asyncio.Event = attrs.field(factory=asyncio.Event, init=False)
    begun: asyncio.Event = attrs.field(factory=asyncio.Event, init=False)
    at_once: int = attrs.field(default=0, init=False)
    most_at_once: int = attrs.field(default=0, init=False)
    closed: bool = attrs.field(default=False, init=False)

    def __attrs_post_init__(self) -> None:
        self.open.set()

    def wants(self, event: Event) -> bool:
        if event.message == "unbearable":
            raise ValueError(event.message)
        return event.severity == "error"

    async def deliver(self, event: Event) -> None:
        self.at_once += 1
        self.most_at_once = max(self.at_once, self.most_at_once)
        self.begun.set()
        try:
            await self.open.wait()
        finally:
            self.at_once -= 1
        if error := self.answers(event):
            raise error
        self.got.append(event)

    async def close(self) -> None:
        self.closed = True

    def messages(self) -> list[str]:
        return [event.message for event in self.got]
