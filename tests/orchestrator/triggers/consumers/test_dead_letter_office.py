"""Dead letters: tried again, dropped, forgotten with age."""

import pytest

from stroem.protocol.events import SourceEvent
from stroem.store.statement import execute
from tests.orchestrator.triggers.consumers.consumer_site import ConsumerSite, event, source
from tests.support.triggers import trigger_of

NEEDS_WHO = source(input={"name": "{{ event.who }}"})


async def buried(site: ConsumerSite) -> list[int]:
    """The ids of three dead letters: of a plain event, of one with a secret, and of an unreadable one."""
    await site.release(s=NEEDS_WHO)
    unreadable = SourceEvent(number=2, id="c", problem="it is no valid JSON", text="{", size=1)
    await site.take(event(0, "a", n=1), event(1, "b", token="a-secret-value"), unreadable)
    return [one["id"] for one in await site.letters()]


async def test_a_retried_event_starts_its_job_once_the_cause_is_gone(site: ConsumerSite) -> None:
    await buried(site)
    office = site.services.triggers.consumers.letters
    retried = await office.retry("default", "s", None, "ada")
    assert (retried.settled, retried.failed) == (0, 3)
    assert [one["retries"] for one in await site.letters()] == [1, 1, 1]
    await site.release(s=source(input={"name": "{{ event.n }}"}))
    retried = await office.retry("default", "s", None, "ada")
    assert (retried.settled, retried.failed) == (1, 2)
    assert [one.split(" ", 3)[:3] for one in retried.failures] == [["it", "had", "secrets"], ["it", "is", "no"]]
    (job,) = await site.jobs()
    assert job["input"] == {"name": "1", "n": 1}
    assert [one["key"] for one in await site.letters()] == ["b", "c"]
    assert (await site.take(event(0, "a", n=1))).settled == 1
    assert len(await site.jobs()) == 1


async def test_only_the_named_ones_are_retried_and_dropped(site: ConsumerSite) -> None:
    first, second, third = await buried(site)
    office = site.services.triggers.consumers.letters
    assert (await office.retry("default", "s", [first], "ada")).failed == 1
    assert await office.drop("default", "s", [second, 999]) == 1
    assert await office.drop("default", "other", None) == 0
    assert [one["id"] for one in await site.letters()] == [first, third]
    assert await office.drop("default", "s", None) == 2


async def test_an_event_that_comes_again_and_starts_is_no_dead_letter_any_more(site: ConsumerSite) -> None:
    await buried(site)
    await site.release(s=source())
    await site.take(event(0, "a", n=1))
    assert [one["key"] for one in await site.letters()] == ["b", "c"]


async def test_old_ones_are_forgotten(site: ConsumerSite) -> None:
    await buried(site)
    async with site.database.begin() as connection:
        await execute(connection, "UPDATE dead_letters SET at = now() - interval '31 days' WHERE key <> 'c'")
    await site.services.triggers.fire_pruner.run_once()
    assert [one["key"] for one in await site.letters()] == ["c"]


@pytest.mark.parametrize("paused", [True, False])
async def test_a_person_retries_also_while_the_trigger_is_paused(site: ConsumerSite, *, paused: bool) -> None:
    await buried(site)
    await site.release(s=source())
    await site.pause(paused=paused)
    first = (await site.letters())[0]["id"]
    assert (await site.services.triggers.consumers.letters.retry("default", "s", [first], "ada")).settled == 1


async def test_events_of_a_removed_trigger_are_not_fired_and_keep_their_reason(site: ConsumerSite) -> None:
    await buried(site)
    office, before = site.services.triggers.consumers.letters, await site.letters()
    await site.release()
    retried = await office.retry("default", "s", [before[0]["id"]], "ada")
    assert retried.failures == {"its trigger was removed; add it again, or drop the event": 1}
    assert [one["reason"] for one in await site.letters()] == [one["reason"] for one in before]
    await site.release(s=trigger_of("scheduler", cron="0 3 * * *"))
    (reason,) = (await office.retry("default", "s", [before[0]["id"]], "ada")).failures
    assert reason.startswith("its trigger is no event source any more")
    assert await site.jobs() == []
    assert await office.drop("default", "s", None) == 3
