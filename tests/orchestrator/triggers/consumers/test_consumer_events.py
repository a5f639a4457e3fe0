"""Events of workspaces about consumers and dead letters."""

from stroem.definitions.field import InputField
from stroem.definitions.task import Step, Task
from tests.orchestrator.triggers.consumers.consumer_site import ConsumerSite, event, source


async def fail(site: ConsumerSite, times: int) -> None:
    """Has the consumer fail."""
    for _ in range(times):
        await site.supervise()
        (claim,) = [one for one in await site.claim() if one.event_source_config is not None]
        await site.end(claim, 1)
        await site.supervise()
        await site.due_now()


async def test_a_cancelled_consumer_and_one_that_stays_ended_are_told_once(site: ConsumerSite) -> None:
    await site.release(s=source())
    await site.supervise()
    (job,) = await site.live_jobs("t")
    await site.services.canceller.cancel(job)
    await site.supervise()
    await site.supervise(site.server())
    told = "was cancelled, and stays stopped until the trigger is resumed"
    assert await site.events("consumer_stopped") == [f"The consumer of trigger 's' {told}"]
    await site.release(other=source(restart_policy="never"))
    await site.supervise()
    await fail(site, 1)
    told = "has failed, and stays ended until the trigger is resumed"
    assert f"The consumer of trigger 'other' {told}" in await site.events("consumer_stopped")


async def test_the_third_failure_in_a_row_is_told_once(site: ConsumerSite) -> None:
    await site.release(s=source())
    await fail(site, 2)
    assert await site.events("consumer_stopped") == []
    await fail(site, 2)
    (message,) = await site.events("consumer_stopped")
    assert message == "The consumer of trigger 's' has failed 3 times in a row; it is tried again, each time later"


async def test_a_consumer_that_cannot_start_three_times_is_told(site: ConsumerSite) -> None:
    needs = Task(input={"n": InputField(type="integer", required=True)}, flow={"say": Step(action="true")})
    await site.make_current(s=source(task="needs"))
    site.current["default"].definitions.tasks["needs"] = needs
    await site.services.triggers.sync.run_once()
    for _ in range(3):
        await site.supervise()
        await site.due_now()
    assert len(await site.events("consumer_stopped")) == 1


async def test_the_first_dead_letter_of_a_trigger_is_told(site: ConsumerSite) -> None:
    await site.release(s=source(input={"name": "{{ event.who }}"}))
    for number in range(2):
        await site.take(event(number, str(number)))
    (message,) = [one for one in await site.events("trigger_failed") if "dead letter" in one]
    assert message.startswith("Trigger 's' has a dead letter: ")
    await site.services.triggers.consumers.letters.drop("default", "s", None)
    await site.take(event(2, "2", who="x"), event(3, "3"))
    assert len([one for one in await site.events("trigger_failed") if "dead letter" in one]) == 2
