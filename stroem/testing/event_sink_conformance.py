"""Conformance suite of event sinks. A plugin's own tests subclass `EventSinkConformance` and pass.

    class TestBellSink(EventSinkConformance):
        def make_sink(self): return BellSink(url=self.bell.url, token=self.credential)
        def make_unreachable(self): return BellSink(url=CLOSED_URL, token=self.credential)
        def make_refused(self): return BellSink(url=self.bell.url, token="a-wrong-one")
        def delivered(self): return self.bell.rung

pytest-asyncio runs them.
"""

import abc
import asyncio
import contextlib
import datetime
import typing
from collections.abc import AsyncIterator, Sequence
from typing import Any, ClassVar

import attrs
import pytest

from stroem.interfaces.event_sink import DeliveryFailed, DeliveryRefused, EventSink
from stroem.records.event import Event, EventKind
from stroem.testing.bounded import BoundedTests
from stroem.testing.recording_server import RecordingServer

PATIENCE_SECS = 60
COMMIT = "3f786850e387550fdab836ed7e6dc881de23001b"
CLOSED_URL = "http://127.0.0.1:9"
"""An address without a listener."""

KINDS: Sequence[EventKind] = typing.get_args(EventKind)


def make_event(kind: EventKind = "released", **facts: Any) -> Event:
    """An event of a workspace that follows a repository."""
    at = datetime.datetime(2026, 1, 31, 12, tzinfo=datetime.UTC)
    given: dict[str, Any] = {
        "id": 7,
        "kind": kind,
        "message": "Release 12 is current at 3f786850e387: 1 added",
        "workspace": "production",
        "revision": COMMIT,
        "release": 12,
        "origin": "https://git.example.com/acme/flows.git",
        "at": at,
        "last_at": at,
        **facts,
    }
    return Event(**given)


@pytest.mark.asyncio
class EventSinkConformance(BoundedTests, abc.ABC):
    """Base class: a subclass makes the sink and returns what its receiver got."""

    credential: ClassVar[str] = "not-to-be-seen-0123456789"
    """Secrets of the sink, which must appear nowhere."""

    @abc.abstractmethod
    def make_sink(self) -> EventSink:
        """The sink under test, with a receiver that accepts."""

    @abc.abstractmethod
    def make_unreachable(self) -> EventSink:
        """A sink without a reachable receiver."""

    @abc.abstractmethod
    def make_refused(self) -> EventSink:
        """A sink with a receiver that refuses permanently."""

    @abc.abstractmethod
    def delivered(self) -> Sequence[object]:
        """The events that the receiver got, in order."""

    def event(self) -> Event:
        """An event that the sink wants."""
        return make_event()

    @contextlib.asynccontextmanager
    async def opened(self, sink: EventSink) -> AsyncIterator[EventSink]:
        """Bounds deliveries in time and closes the sink at the end."""
        try:
            async with asyncio.timeout(PATIENCE_SECS):
                yield sink
        finally:
            await sink.close()

    async def test_it_names_itself_and_declares_its_options(self) -> None:
        async with self.opened(self.make_sink()) as sink:
            assert isinstance(type(sink).name, str)
            assert attrs.has(type(sink))

    async def test_it_shows_no_credentials(self) -> None:
        async with self.opened(self.make_sink()) as sink:
            assert self.credential not in repr(sink)
            assert self.credential not in str(sink)

    @pytest.mark.parametrize("kind", KINDS)
    async def test_of_every_event_it_says_whether_it_wants_it(self, kind: EventKind) -> None:
        """Events without optional fields too."""
        bare = {"workspace": None, "revision": None, "release": None, "origin": None}
        async with self.opened(self.make_sink()) as sink:
            for event in (make_event(kind), make_event(kind, **bare), make_event(kind, library="notify", **bare)):
                assert isinstance(sink.wants(event), bool)

    async def test_what_it_wants_is_delivered(self) -> None:
        async with self.opened(self.make_sink()) as sink:
            assert sink.wants(self.event())
            await sink.deliver(self.event())
        assert len(self.delivered()) == 1

    async def test_the_same_event_again_is_no_failure(self) -> None:
        """A delivery may repeat after a crash."""
        async with self.opened(self.make_sink()) as sink:
            await sink.deliver(self.event())
            await sink.deliver(self.event())
        assert self.delivered()

    async def test_several_at_once_are_delivered(self) -> None:
        async with self.opened(self.make_sink()) as sink:
            events = [attrs.evolve(self.event(), id=number, workspace=f"w{number}") for number in range(4)]
            await asyncio.gather(*(sink.deliver(event) for event in events))
        assert len(self.delivered()) == len(events)

    async def test_odd_texts_are_delivered(self) -> None:
        """Long, multi-line and non-Latin texts."""
        async with self.opened(self.make_sink()) as sink:
            for message in ("x" * 100_000, "one\ntwo\r\n\tthree", "zażółć 日本 \U0001f389", "\u202eabc", '"{braces}"'):
                await sink.deliver(attrs.evolve(self.event(), message=message))
        assert self.delivered()

    async def test_a_receiver_that_is_not_there_is_worth_another_try(self) -> None:
        async with self.opened(self.make_unreachable()) as sink:
            with pytest.raises(DeliveryFailed, match=r"\w+ \w+") as caught:
                await sink.deliver(self.event())
        assert self.credential not in str(caught.value)

    async def test_a_receiver_that_refuses_is_not(self) -> None:
        async with self.opened(self.make_refused()) as sink:
            with pytest.raises(DeliveryRefused, match=r"\w+ \w+") as caught:
                await sink.deliver(self.event())
        assert self.credential not in str(caught.value)

    async def test_it_may_be_closed_unused_and_twice(self) -> None:
        unused, used = self.make_sink(), self.make_sink()
        await unused.close()
        await used.deliver(self.event())
        await used.close()
        await used.close()


class HttpSinkConformance(EventSinkConformance, abc.ABC):
    """Tests of a sink that delivers to an HTTP server.

    The tests need a fixture `host`: a `RecordingServer` that answers as the receiver does, and accepts `credential`
    only.
    """

    host: RecordingServer

    @pytest.fixture(autouse=True)
    def _use_host(self, host: RecordingServer) -> None:
        self.host = host

    @abc.abstractmethod
    def make_sink_for(self, url: str, credential: str) -> EventSink:
        """The sink under test, for a receiver at this address."""

    def make_sink(self) -> EventSink:
        """A sink that delivers to `host`."""
        return self.make_sink_for(self.host.url, self.credential)

    def make_unreachable(self) -> EventSink:
        """A sink with a receiver that does not listen."""
        return self.make_sink_for(CLOSED_URL, self.credential)

    def make_refused(self) -> EventSink:
        """A sink with a credential that `host` does not accept."""
        return self.make_sink_for(self.host.url, "a-wrong-one")

    def delivered(self) -> Sequence[object]:
        """The requests that `host` received."""
        return self.host.received
