"""Events: each id makes one job, in order, while there is room."""

import asyncio
from typing import Any

import attrs
import pytest

from stroem.errors import BadRequest
from stroem.orchestrator.plans.start_request import StartRequest
from stroem.orchestrator.triggers.consumers import event_recorder
from stroem.protocol.events import EventBatch, SourceEvent
from stroem.store.statement import fetch
from tests.orchestrator.triggers.consumers.consumer_site import WRITER, ConsumerSite, event, source


async def inputs(site: ConsumerSite) -> list[Any]:
    """The inputs of the jobs of events, in order."""
    return [job["input"] for job in await site.jobs() if job["task"] == "other"]


async def test_each_event_starts_a_job_with_its_data_over_the_inputs_of_the_trigger(site: ConsumerSite) -> None:
    await site.release(s=source(input={"name": "default {{ event.n }} {{ trigger.event_id }}"}))
    settled = await site.take(event(0, "a", n=1), event(1, None, n=2, name="own"))
    assert (settled.settled, settled.room, settled.problems) == (2, None, ())
    assert sorted(one["name"] for one in await inputs(site)) == ["default 1 a", "own"]
    jobs = await site.jobs()
    assert {(job["source_type"], job["source_id"]) for job in jobs} == {("event_source", "default/s")}
    assert (await site.fires("s")) == [
        ("a", "started"),
        ("event 1 of 00000000-0000-0000-0000-000000000007/1/1", "started"),
    ]


async def test_events_that_are_sent_again_change_nothing(site: ConsumerSite) -> None:
    await site.release(s=source())
    await site.supervise()
    events = [event(0, "a"), event(1), event(2, "c")]
    servers = [site.server() for _ in range(2)]
    await asyncio.gather(*(site.take(*events, services=servers[number % 2]) for number in range(4)))
    assert len(await inputs(site)) == 3
    row = await site.consumer()
    assert (row.events, row.duplicates, row.last_event_id) == (3, 9, "c")


async def test_the_last_event_is_not_one_that_was_seen_before(site: ConsumerSite) -> None:
    await site.release(s=source())
    await site.supervise()
    await site.take(event(0, "a"), event(1, "b"))
    await site.take(event(0, "a"), waiting=5)
    row = await site.consumer()
    assert (row.last_event_id, row.waiting) == ("b", 5)
    await site.take(event(0, "a"), event(1, "b"), event(2, "c"))
    assert (await site.consumer()).last_event_id == "c"


async def test_no_more_jobs_are_live_than_may_be(site: ConsumerSite) -> None:
    await site.release(s=source(max_in_flight=2))
    settled = await site.take(*(event(number, str(number)) for number in range(5)))
    assert (settled.settled, settled.room) == (2, 0)
    assert (await site.take(event(2, "2"))).settled == 0
    assert (await site.take()).room == 0
    holding = asyncio.create_task(site.take(event(2, "2"), event(3, "3"), hold=60))
    first, _ = [claim for claim in await site.claim() if claim.task_name == "other"]
    await site.end(first)
    assert (await holding).settled == 1
    assert len(await site.live_jobs("other")) == 2
    assert len(await inputs(site)) == 3


async def test_two_servers_do_not_take_the_same_room(site: ConsumerSite) -> None:
    await site.release(s=source(max_in_flight=3))
    servers = [site.server() for _ in range(4)]
    settled = await asyncio.gather(
        *(site.take(event(0, f"{number}"), services=server) for number, server in enumerate(servers))
    )
    assert sum(one.settled for one in settled) == 3
    assert len(await site.live_jobs("other")) == 3


async def test_a_paused_trigger_holds_its_events(site: ConsumerSite) -> None:
    await site.release(s=source())
    await site.pause()
    settled = await site.take(event(0, "a"))
    assert (settled.settled, settled.room) == (0, 0)
    await site.pause(paused=False)
    assert (await site.take(event(0, "a"))).settled == 1


async def test_a_server_that_does_not_know_the_release_yet_holds_events(site: ConsumerSite) -> None:
    await site.release(s=source())
    known = dict(site.current)
    site.current.clear()
    assert (await site.take(event(0, "a"))).settled == 0
    site.current.update(known)
    assert (await site.take(event(0, "a"))).problems == ()
    assert await site.letters() == []


async def test_events_that_cannot_start_a_job_are_dead_letters_and_their_neighbours_start(site: ConsumerSite) -> None:
    await site.release(s=source(input={"name": "{{ event.who }}"}))
    await site.supervise()
    broken = SourceEvent(number=2, problem="it is no valid JSON", text="{bro", size=4)
    settled = await site.take(event(0, "a", who="x"), event(1, "b"), broken, event(3, "d", who="y"))
    assert settled.settled == 4
    assert [one.number for one in settled.problems] == [1, 2]
    assert sorted(one["name"] for one in await inputs(site)) == ["x", "y"]
    missing, unreadable = await site.letters()
    assert (missing["key"], missing["data"], missing["size"]) == ("b", {}, 2)
    assert "event.who" in missing["reason"]
    assert (unreadable["data"], unreadable["text"], unreadable["size"]) == (None, "{bro", 4)
    row = await site.consumer()
    assert (row.events, row.last_event_id) == (4, "d")
    assert site.services.triggers.counters.dead_letters == 2


async def test_an_event_that_the_database_refuses_does_not_stop_its_neighbours(
    site: ConsumerSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    await site.release(s=source())
    prepare = site.services.triggers.firer._preparer._new_jobs.prepare  # type: ignore[attr-defined]

    async def with_nul(request: StartRequest) -> Any:
        prepared = await prepare(request)
        if request.raw_input.get("poison"):
            object.__setattr__(prepared.job, "mode", "\0")
        return prepared

    monkeypatch.setattr(site.services.triggers.firer._preparer._new_jobs, "prepare", with_nul)
    settled = await site.take(event(0, "a"), event(1, "b", poison=True), event(2, "c"))
    assert settled.settled == 3
    assert [one.number for one in settled.problems] == [1]
    assert len(await inputs(site)) == 2
    assert [one["key"] for one in await site.letters()] == ["b"]


async def test_events_of_a_trigger_that_is_gone_are_dead_letters(site: ConsumerSite) -> None:
    await site.release(s=source())
    await site.release()
    settled = await site.take(event(0, "a"))
    assert settled.problems[0].reason == "its workspace has no such event source any more"
    assert [one["key"] for one in await site.letters()] == ["a"]


async def test_dead_letters_have_no_secrets(site: ConsumerSite) -> None:
    await site.release(s=source(input={"name": "{{ event.who }}"}))
    await site.take(event(0, "a", token="a-secret-value"))
    (letter,) = await site.letters()
    assert letter["data"] == {"token": "••••••"}
    assert letter["is_masked"]


async def test_only_the_latest_dead_letters_are_kept(site: ConsumerSite, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_recorder, "MOST_LETTERS", 3)
    await site.release(s=source(input={"name": "{{ event.who }}"}))
    await site.take(*(event(number, str(number)) for number in range(5)))
    assert [one["key"] for one in await site.letters()] == ["2", "3", "4"]


async def test_a_filtered_event_is_settled(site: ConsumerSite) -> None:
    await site.release(s=source(if_="event.n > 1"))
    assert (await site.take(event(0, "a", n=1), event(1, "b", n=2))).settled == 2
    assert len(await inputs(site)) == 1


@pytest.mark.parametrize("source_id", ["", "x", "/x", "x/"])
async def test_a_source_must_name_workspace_and_trigger(site: ConsumerSite, source_id: str) -> None:
    await site.release(s=source())
    batch = EventBatch(source_id=source_id, writer=WRITER)
    with pytest.raises(BadRequest, match="not of the form"):
        await site.services.triggers.consumers.taker.take(batch)


async def test_ended_jobs_are_not_counted_any_more(site: ConsumerSite) -> None:
    await site.release(s=source(max_in_flight=1))
    for number in range(3):
        assert (await site.take(event(number, str(number)))).settled == 1
        (claim,) = await site.claim()
        await site.end(claim)
    async with site.database.read() as connection:
        assert len(await fetch(connection, "SELECT FROM event_jobs")) <= 1


@pytest.mark.parametrize("order", [("bad", "good"), ("good", "bad"), ("broken", "good"), ("good", "broken")])
@pytest.mark.parametrize("together", [True, False])
async def test_an_id_has_a_job_or_a_dead_letter(site: ConsumerSite, order: tuple[str, str], *, together: bool) -> None:
    await site.release(s=source(input={"name": "{{ event.who }}"}))
    forms = {
        "good": event(0, "same", who="x"),
        "bad": event(0, "same"),
        "broken": SourceEvent(number=0, id="same", problem="it is no valid JSON", text="{", size=1),
    }
    events = [attrs.evolve(forms[form], number=number) for number, form in enumerate(order)]
    for batch in [events] if together else [[one] for one in events]:
        assert (await site.take(*batch)).settled == len(batch)
    assert [one["name"] for one in await inputs(site)] == ["x"]
    assert await site.letters() == []
