"""Events over HTTP and over the WebSocket."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, ClassVar

import aiohttp
import attrs
import pytest
from aiohttp import WSMsgType

from stroem.interfaces.event_sink import EventSink
from stroem.orchestrator.notifier import Notification
from stroem.records.event import Event, NewEvent
from stroem.registry.registry import Registry
from stroem.server.keys import SERVICES
from stroem.store.events import deliveries, events
from stroem.store.lists.first_import import import_lists
from tests.support.wait import eventually


def new(message: str, **more: Any) -> NewEvent:
    return NewEvent(**{"kind": "released", "workspace": "gone", "message": message, **more})


async def add(server: Any, *added: NewEvent, to: tuple[str, ...] = ()) -> list[int]:
    """Records events as the reconciler does; their ids."""
    services = server.app[SERVICES]
    async with services.database.begin() as connection:
        made = await events.add_events(connection, added, lambda _: to)
    services.notifier.publish(Notification(events=True))
    return [event.id for event in made]


@asynccontextmanager
async def stream(server: Any, **query: str | int) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
    async with server.http.ws_connect("/api/events/stream", params=query) as socket:
        yield socket


async def frame(socket: aiohttp.ClientWebSocketResponse) -> Any:
    return await socket.receive_json(timeout=60)


def messages(page: Any) -> list[str]:
    return [item["message"] for item in page["items"]]


class TestList:
    async def test_the_first_reconciliation_is_told(self, server: Any) -> None:
        page = await server.get("/api/workspaces/main/events")
        assert "released" in {item["kind"] for item in page["items"]}
        assert page["next"] is None

    async def test_an_event_with_all_that_is_known(self, server: Any) -> None:
        facts = {
            "severity": "warning",
            "library": "tools",
            "revision": "abc",
            "release": 3,
            "cause": "push",
            "by": "Ada",
            "origin": "https://git.example.org/x",
            "data": {"tasks": ["a"]},
        }
        (event_id,) = await add(server, new("Release 3", **facts))
        await add(server, new("Release 3", **facts))
        (item,) = (await server.get("/api/events", workspace="gone"))["items"]
        assert item.pop("at").endswith("Z")
        assert item.pop("last_at").endswith("Z")
        assert item == {
            "id": event_id,
            "kind": "released",
            "message": "Release 3",
            "workspace": "gone",
            "count": 2,
            **facts,
        }

    async def test_pages_and_filters(self, server: Any) -> None:
        ids = await add(server, *(new(f"{number}") for number in range(5)))
        await add(server, new("x", workspace="other", severity="error", kind="failed", library="tools"))
        first = await server.get("/api/workspaces/gone/events", limit=2)
        assert (messages(first), first["next"]) == (["4", "3"], ids[3])
        await add(server, new("new"))
        second = await server.get("/api/workspaces/gone/events", limit=2, before=first["next"])
        third = await server.get("/api/workspaces/gone/events", limit=2, before=second["next"])
        assert (messages(second), messages(third), third["next"]) == (["2", "1"], ["0"], None)
        assert messages(await server.get("/api/events", after=ids[3], workspace="gone")) == ["new", "4"]
        for query in ({"kind": "failed"}, {"severity": "error"}, {"library": "tools"}, {"workspace": "other"}):
            assert messages(await server.get("/api/events", **query)) == ["x"]
        assert messages(await server.get("/api/events", workspace="nowhere")) == []
        assert len((await server.get("/api/events", limit=-3, before=(1 << 63) - 1))["items"]) == 1

    async def test_texts_and_persons(self, server: Any) -> None:
        await add(server, new("Release 3 is current", by="Ada"), new("50% of it", by="Bob", revision="4f2c1d9"))
        for query, found in [
            ({"search": "RELEASE 3"}, ["Release 3 is current"]),
            ({"search": "4f2c"}, ["50% of it"]),
            ({"search": "0% o"}, ["50% of it"]),
            ({"search": "a%c"}, []),
            ({"by": "Ada"}, ["Release 3 is current"]),
            ({"by": "ad"}, []),
            ({"by": "Bob", "search": "release"}, []),
        ]:
            page = await server.get("/api/events", workspace="gone", **query)
            assert (messages(page), page["next"]) == (found, None), query
        async with server.http.get("/api/events", params={"search": "x" * 201}) as response:
            assert response.status == 400

    async def test_a_search_goes_on_behind_what_it_has_looked_through(
        self, server: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        await import_lists()
        monkeypatch.setattr("stroem.store.lists.event_list.SEARCHED", 2)
        ids = await add(server, *(new(text) for text in ("old", "b", "c", "d")))
        first = await server.get("/api/workspaces/gone/events", search="old")
        assert (messages(first), first["next"]) == ([], ids[2])
        second = await server.get("/api/workspaces/gone/events", search="old", before=first["next"])
        assert (messages(second), second["next"]) == (["old"], ids[0])
        last = await server.get("/api/workspaces/gone/events", search="old", before=second["next"])
        assert (messages(last), last["next"]) == ([], None)

    async def test_who_polls_is_not_told_of_what_may_have_a_predecessor(self, server: Any) -> None:
        async with server.app[SERVICES].database.begin() as connection:
            (late,) = await events.add_events(connection, [new("late", kind="pinned")])
            await add(server, new("early", workspace="other", kind="pinned"))
            assert messages(await server.get("/api/events", kind="pinned", after=late.id - 1)) == []
            assert messages(await server.get("/api/events", kind="pinned")) == ["early"]
        assert messages(await server.get("/api/events", kind="pinned", after=late.id - 1)) == ["early", "late"]

    async def test_what_a_sink_has_not_got_is_told(self, server: Any) -> None:
        await add(server, new("a"), to=("elsewhere", "broken"))
        async with server.app[SERVICES].database.read() as connection:
            heads = await deliveries.due_heads(connection, ["broken"], behind=("", ""), limit=1)
            (claimed,) = await deliveries.claim_deliveries(
                connection, [(sink, event_id) for (sink, _), event_id in heads], 60
            )
            await deliveries.give_up_delivery(connection, claimed, "wrong token")
        (item,) = (await server.get("/api/workspaces/gone/events"))["items"]
        broken, elsewhere = item["undelivered"]
        assert broken == {"sink": "broken", "attempts": 1, "error": "wrong token", "next_try": None}
        assert (elsewhere["sink"], elsewhere["attempts"], elsewhere["error"]) == ("elsewhere", 0, None)
        assert elsewhere["next_try"].endswith("Z")

    @pytest.mark.parametrize(
        ("path", "status", "words"),
        [
            ("/api/workspaces/nowhere/events", 404, "nowhere"),
            ("/api/events?kind=invented", 400, "kind: must be one of"),
            ("/api/events?severity=bad", 400, "info, warning, error"),
            ("/api/events?before=x", 400, "before"),
        ],
    )
    async def test_what_cannot_be_is_refused(self, server: Any, path: str, status: int, words: str) -> None:
        async with server.http.get(path) as response:
            assert response.status == status
            assert words in (await response.json())["error"]

    async def test_a_removed_workspace_keeps_its_events(self, server: Any) -> None:
        await add(server, new("gone", kind="workspace_removed"))
        assert messages(await server.get("/api/workspaces/gone/events")) == ["gone"]
        assert messages(await server.get("/api/workspaces/gone/events", kind="released")) == []


class TestStream:
    async def test_new_ones_only_unless_asked(self, server: Any) -> None:
        (last,) = await add(server, new("old"))
        async with stream(server, workspace="gone") as socket:
            start = await frame(socket)
            assert start["event"] == "start"
            assert start["next"] >= last
            await add(server, new("x", workspace="other"))
            (event_id,) = await add(server, new("new"))
            told = await frame(socket)
            assert (told["event"], told["next"], told["item"]["message"]) == ("event", event_id, "new")
            (listed, _) = (await server.get("/api/workspaces/gone/events"))["items"]
            assert told["item"] == listed

    async def test_a_client_resumes(self, server: Any) -> None:
        ids = await add(server, *(new(f"{number}") for number in range(450)))
        async with stream(server, after=ids[9]) as socket:
            assert (await frame(socket))["next"] == ids[9]
            assert [(await frame(socket))["item"]["message"] for _ in range(440)] == [f"{n}" for n in range(10, 450)]

    async def test_a_tail_and_filters(self, server: Any) -> None:
        await add(server, *(new(f"{number}", severity="error" if number % 2 else "info") for number in range(10)))
        async with stream(server, workspace="gone", severity="error", tail=2) as socket:
            await frame(socket)
            sent: list[str] = []
            while sent[-1:] != ["9"]:
                sent.append((await frame(socket))["item"]["message"])
            # an open transaction of the server's loops makes the latest events new ones, behind the tail
            assert sent == ["1", "3", "5", "7", "9"][-len(sent) :]
            assert len(sent) >= 2

    @pytest.mark.slow("large data or many rounds")
    async def test_clients_that_come_at_any_moment_miss_nothing_and_get_nothing_twice(self, server: Any) -> None:
        (start,) = await add(server, new("start"))

        async def watch(patience: int) -> list[str]:
            """Watches, and comes back after so many events of a connection."""
            found: list[str] = []
            after = start
            while True:
                async with stream(server, workspace="gone", after=after) as socket:
                    for _ in range(patience):
                        told = await frame(socket)
                        assert told["next"] >= after
                        after = told["next"]
                        if told["event"] == "event":
                            found.append(told["item"]["message"])
                        if found[-1:] == ["end"]:
                            return found

        watching = [asyncio.create_task(watch(patience)) for patience in (2, 3, 7, 1000)]
        services = server.app[SERVICES]
        for number in range(60):
            async with services.database.begin() as connection:
                await events.add_events(connection, [new(f"slow {number}")])
                await add(server, new(f"quick {number}", workspace="other"))
            services.notifier.publish(Notification(events=True))
        await add(server, new("end"))
        for found in await asyncio.gather(*watching):
            assert found == [*(f"slow {number}" for number in range(60)), "end"]

    @pytest.mark.slow("large data or many rounds")
    async def test_a_client_that_does_not_read_holds_up_nobody(self, server: Any) -> None:
        async with stream(server, workspace="gone") as lazy, stream(server, workspace="gone") as eager:
            await frame(eager)
            huge = {"text": "x" * 30_000}
            await add(server, *(new(f"{number}", data=huge) for number in range(400)))
            assert [(await frame(eager))["item"]["message"] for _ in range(400)] == [f"{n}" for n in range(400)]
            await frame(lazy)
            assert [(await frame(lazy))["item"]["message"] for _ in range(400)] == [f"{n}" for n in range(400)]

    async def test_nothing_is_left_of_a_client_that_vanishes(self, server: Any) -> None:
        feed = server.app[SERVICES].feed
        async with stream(server) as socket:
            await frame(socket)
            assert len(feed._watchers) == 1
            socket.get_extra_info("socket").shutdown(2)
            await eventually(lambda: not feed._watchers, "nothing is watched")

    async def test_a_server_that_stops_says_so(self, server: Any) -> None:
        async with stream(server) as socket:
            await frame(socket)
            stopping = asyncio.create_task(server.runner.cleanup())
            message = await socket.receive(timeout=60)
            assert message.type is WSMsgType.CLOSE
            assert socket.close_code == aiohttp.WSCloseCode.GOING_AWAY
            await stopping

    async def test_what_cannot_be_is_refused(self, server: Any) -> None:
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            async with stream(server, kind="invented"):
                pass
        assert refused.value.status == 400


@attrs.define(kw_only=True, eq=False)
class BellSink(EventSink):
    """Keeps what it is told."""

    name: ClassVar[str] = "bell"

    got: asyncio.Queue[Event] = attrs.field(factory=asyncio.Queue, init=False)
    closed: bool = attrs.field(default=False, init=False)

    def wants(self, event: Event) -> bool:
        return event.kind == "released"

    async def deliver(self, event: Event) -> None:
        self.got.put_nowait(event)

    async def close(self) -> None:
        self.closed = True


class TestSinks:
    @pytest.fixture(autouse=True)
    def plugin(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(Registry, "event_sinks", {"bell": BellSink})

    @pytest.fixture
    def overrides(self) -> dict[str, str]:
        return {
            "STROEM__EVENT_SINKS__ALL__TYPE": "bell",
            "STROEM__WORKSPACES__MAIN__EVENT_SINKS__OWN__TYPE": "bell",
        }

    async def test_what_is_released_is_told_to_the_sinks_of_the_settings(self, server: Any) -> None:
        services = server.app[SERVICES]
        sinks = [services.sinks.get(key) for key in ("all", "main/own")]
        for sink in sinks:
            event = await asyncio.wait_for(sink.got.get(), 60)
            assert (event.kind, event.workspace, event.release) == ("released", "main", 1)

        async def all_delivered() -> bool:
            services.feed.wake()
            return not (await server.get("/api/events", kind="released"))["items"][0].get("undelivered")

        await eventually(all_delivered, "the event is delivered")
        await server.runner.cleanup()
        assert all(sink.closed for sink in sinks)
