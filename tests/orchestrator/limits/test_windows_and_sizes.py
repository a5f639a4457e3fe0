"""Windows of rates and sizes of limits, as the loops of the server renew them."""

import attrs
import pytest

from stroem.definitions.limit import Concurrency, Limit, Rate
from stroem.definitions.workspace import Definitions
from stroem.orchestrator.services import Services
from stroem.store.limits import slots
from tests.orchestrator.conftest import HandWorker, execute, job_of, new_release, start, start_on
from tests.orchestrator.flows import Flows
from tests.orchestrator.limits.test_policies import ONE, drive, limited, take


async def test_a_window_of_a_rate_opens_for_the_next_jobs(services: Services, worker: HandWorker) -> None:
    definitions = limited(attrs.evolve(ONE, limits=("api",)), limits={"api": Limit(rate=Rate(starts=1, secs=20))})
    first, second = [await start(services, definitions) for _ in range(2)]
    assert set(await take(services, worker)) == {first}
    assert 0 < await services.job_loop.pause_secs() <= 20
    await pass_window(services)
    assert set(await take(services, worker)) == {second}


async def test_a_window_that_cannot_be_opened_does_not_stop_the_others(
    services: Services, worker: HandWorker, monkeypatch: pytest.MonkeyPatch
) -> None:
    rate = Limit(rate=Rate(starts=1, secs=600))
    bad = limited(attrs.evolve(ONE, limits=("bad",)), limits={"bad": rate})
    good = limited(attrs.evolve(ONE, limits=("good",)), limits={"good": rate})
    for definitions in (bad, good):
        await start(services, definitions)
    await drive(services)
    waiting = [await start(services, definitions) for definitions in (bad, good)]
    await take(services, worker)
    grant = slots.grant

    async def grant_good(connection: object, keys: list[str]) -> object:
        if any("bad" in key for key in keys):
            raise ValueError("bad")
        return await grant(connection, keys)  # type: ignore[arg-type]

    monkeypatch.setattr(slots, "grant", grant_good)
    await pass_window(services)
    assert set(await take(services, worker)) == {waiting[1]}


async def pass_window(services: Services) -> None:
    await execute(services, "UPDATE slot_uses SET at = at - interval '1 hour'")
    await execute(services, "UPDATE slot_keys SET opens_at = now() WHERE opens_at IS NOT NULL")


@pytest.mark.parametrize("after", [limited(concurrency=Concurrency(limit=3)), limited(), Definitions()])
async def test_a_changed_limit_holds_for_jobs_that_wait(
    services: Services, worker: HandWorker, flows: Flows, after: Definitions
) -> None:
    before = limited(concurrency=Concurrency())
    old, new = await new_release(services), await new_release(services)
    flows.definitions |= {old.id: before, new.id: after}
    await execute(services, f"UPDATE workspaces SET current_release = {old.id}")
    jobs = [await start_on(services, old, before) for _ in range(3)]
    assert set(await take(services, worker)) == {jobs[0]}
    await services.limit_sizes.run_once()
    assert await take(services, worker) == {}
    await execute(services, f"UPDATE workspaces SET current_release = {new.id}")
    await services.limit_sizes.run_once()
    assert set(await take(services, worker)) == set(jobs[1:])


async def test_a_release_that_cannot_be_read_does_not_stop_the_others(
    services: Services, worker: HandWorker, flows: Flows
) -> None:
    before = limited(concurrency=Concurrency())
    old, new = await new_release(services), await new_release(services)
    flows.definitions[new.id] = limited()
    await execute(services, "INSERT INTO workspaces (name, current_release) VALUES ('other', 999999)")
    jobs = [await start_on(services, old, before) for _ in range(2)]
    await take(services, worker)
    await execute(
        services, "INSERT INTO slot_keys (key, size, workspace, release_id) VALUES ('task:other/t/', 1, 'other', 1)"
    )
    await execute(
        services, f"INSERT INTO slot_line (key, priority, job_id, step) VALUES ('task:other/t/', 0, '{old.id:032}', 0)"
    )
    await execute(services, f"UPDATE workspaces SET current_release = {new.id} WHERE name = 'default'")
    await services.limit_sizes.run_once()
    assert set(await take(services, worker)) == {jobs[1]}
    assert (await job_of(services, jobs[0])).status == "running"
