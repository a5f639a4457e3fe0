"""Log lines: kept once, in order, hot or sealed, read whole, by position, from the end, and as they come."""

import asyncio

import attrs
import orjson
import pytest

from stroem.conversion.constraints import Utf8
from stroem.definitions.field import InputField
from stroem.definitions.task import Step, Task
from stroem.errors import LeaseLost, NotFound
from stroem.orchestrator.logs.reader import LogEnd
from stroem.orchestrator.services import Services
from stroem.protocol.claim import Claim
from stroem.store import statement
from stroem.store.database import Database
from tests.orchestrator.conftest import HandWorker, chain, done, printed, start, texts, workspace


async def append(services: Services, worker: HandWorker, offer: Claim, chunk: int, *lines: str) -> None:
    await services.recorder.append(printed(offer, chunk, *lines), worker.id)


async def seal(services: Services) -> None:
    """Seals every hot line now."""
    async with services.database.begin() as connection:
        await statement.execute(connection, "UPDATE log_heads SET seal_due_at = now() WHERE hot_bytes > 0")
    while await services.sealer.run_once():
        pass


async def rows(database: Database, table: str) -> int:
    async with database.read() as connection:
        return int((await statement.fetch(connection, f"SELECT count(*) FROM {table}"))[0][0])


async def test_a_chunk_delivered_twice_is_stored_once(services: Services, worker: HandWorker) -> None:
    job_id = await start(services, workspace(chain("a")))
    offer = (await worker.take())["a"]
    await append(services, worker, offer, 0, "one")
    await append(services, worker, offer, 0, "one")
    await append(services, worker, offer, 1, "two")
    assert texts(await services.logs.read(job_id)) == ["one", "two"]


async def test_a_chunk_is_still_stored_once_when_it_was_sealed_in_between(
    services: Services, worker: HandWorker
) -> None:
    job_id = await start(services, workspace(chain("a")))
    offer = (await worker.take())["a"]
    await append(services, worker, offer, 0, "one")
    await seal(services)
    assert await rows(services.database, "log_chunks") == 0
    await append(services, worker, offer, 0, "one")
    await append(services, worker, offer, 1, "two")
    assert texts(await services.logs.read(job_id)) == ["one", "two"]


async def test_lines_of_a_worker_that_lost_its_step_are_refused(services: Services, worker: HandWorker) -> None:
    await start(services, workspace(chain("a")))
    offer = (await worker.take())["a"]
    await worker.exchange(done(offer))
    with pytest.raises(LeaseLost):
        await append(services, worker, offer, 0, "late")


async def test_lines_of_the_attempt_that_runs_are_kept_beside_those_of_one_that_was_lost(
    services: Services, worker: HandWorker
) -> None:
    """A worker that was away too long may have both, and tells of both at once."""
    job_id = await start(services, workspace(chain("a")))
    lost = (await worker.take())["a"]
    async with services.database.begin() as connection:
        await statement.execute(connection, "UPDATE steps SET attempt = 2")
    offer = attrs.evolve(lost, attempt=2)
    await worker.exchange(lines=[printed(lost, 0, "late"), printed(offer, 0, "a0")], take=0)
    await worker.exchange(lines=[printed(offer, 1, "a1"), printed(lost, 1, "late")], take=0)
    await append(services, worker, offer, 2, "end")
    assert texts(await services.logs.read(job_id)) == ["a0", "a1", "end"]


async def test_lines_behind_a_chunk_that_the_database_lost_are_kept(services: Services, worker: HandWorker) -> None:
    """It was restored, or its standby took over."""
    job_id = await start(services, workspace(chain("a")))
    offer = (await worker.take())["a"]
    await append(services, worker, offer, 0, "kept")
    await append(services, worker, offer, 2, "behind")
    await append(services, worker, offer, 2, "behind")
    await worker.exchange(done(offer), lines=[printed(offer, 3, "end")])
    assert texts(await services.logs.read(job_id)) == ["kept", "behind", "end"]


async def test_a_log_reads_the_same_from_every_position_hot_and_sealed(services: Services, worker: HandWorker) -> None:
    task = Task(flow={"a": Step(action="true"), "b": Step(action="true")})
    job_id = await start(services, workspace(task))
    offers = await worker.take()
    whole: list[str] = []
    for at in range(6):
        for name in ("a", "b"):
            lines = [f"{name}{at}.{line}" for line in range(at % 3 + 1)]
            await append(services, worker, offers[name], at, *lines)
            whole += lines
        if at == 3:
            await seal(services)
    for after in range(len(whole) + 1):
        page = await services.logs.read(job_id, after=after)
        assert (texts(page), page.next, page.more) == (whole[after:], len(whole), False)
        assert texts(await services.logs.read(job_id, after=after, max_lines=3)) == whole[after : after + 3]
        assert texts(await services.logs.read(job_id, tail=after)) == whole[len(whole) - after :]
    of_b = [line for line in whole if line.startswith("b")]
    assert texts(await services.logs.read(job_id, step="b")) == of_b
    for tail in range(1, len(of_b) + 3):
        assert texts(await services.logs.read(job_id, step="b", tail=tail)) == of_b[-tail:]


async def test_many_steps_are_sealed_into_one_blob(services: Services, worker: HandWorker) -> None:
    task = Task(flow={f"s{at}": Step(action="true") for at in range(20)})
    job_id = await start(services, workspace(task))
    offers = await worker.take(20)
    await worker.exchange(
        *(done(offer) for offer in offers.values()),
        lines=[printed(offer, 0, offer.step_name) for offer in offers.values()],
    )
    await seal(services)
    async with services.database.read() as connection:
        blobs = (await statement.fetch(connection, "SELECT count(DISTINCT blob) FROM log_segments"))[0][0]
    assert (blobs, await rows(services.database, "log_chunks")) == (1, 0)
    assert sorted(texts(await services.logs.read(job_id))) == sorted(offers)


async def test_a_growing_log_is_sealed_while_its_step_runs(services: Services, worker: HandWorker) -> None:
    job_id = await start(services, workspace(chain("a")))
    offer = (await worker.take())["a"]
    await append(services, worker, offer, 0, "x" * 1_100_000)
    assert not await services.sealer.run_once()
    assert await rows(services.database, "log_segments") == 1
    await append(services, worker, offer, 1, "end")
    assert texts(await services.logs.read(job_id, tail=1)) == ["end"]


async def test_following_gives_every_line_once_and_then_the_end(services: Services, worker: HandWorker) -> None:
    job_id = await start(services, workspace(chain("a")))
    offer = (await worker.take())["a"]
    await append(services, worker, offer, 0, "l0")
    seen: list[str] = []
    ends: list[LogEnd] = []

    async def follow() -> None:
        async for page in services.logs.follow(job_id):
            if isinstance(page, LogEnd):
                ends.append(page)
            else:
                seen.extend(texts(page))

    following = asyncio.create_task(follow())
    for at in range(1, 30):
        await append(services, worker, offer, at, f"l{at}")
        if at == 15:
            await seal(services)
    await worker.exchange(done(offer), lines=[printed(offer, 30, "last")])
    async with asyncio.timeout(60):
        await following
    assert seen == [*(f"l{at}" for at in range(30)), "last"]
    assert ends == [LogEnd(status="completed", next=31)]


async def test_secrets_are_masked_before_they_are_stored(services: Services, worker: HandWorker) -> None:
    task = Task(
        input={"pin": InputField(secret=True), "k": InputField(default="{{ secret.key }}")},
        flow={"a": Step(action="true")},
    )
    definitions = workspace(task)
    definitions.secrets["key"] = 'top"secret'
    job_id = await start(services, definitions, pin="4711-77")
    offer = (await worker.take())["a"]
    await append(services, worker, offer, 0, 'key=top"secret pin=4711-77 fine')
    await seal(services)
    assert texts(await services.logs.read(job_id)) == ["key=•••••• pin=•••••• fine"]


async def test_a_secret_that_looks_like_part_of_a_line_leaves_the_line_whole(
    services: Services, worker: HandWorker
) -> None:
    task = Task(input={"pin": InputField(secret=True)}, flow={"a": Step(action="true")})
    job_id = await start(services, workspace(task), pin="stdout")
    offer = (await worker.take())["a"]
    await append(services, worker, offer, 0, "to stdout\0", "nothing")
    page = await services.logs.read(job_id)
    assert texts(page) == ["to ••••••\0", "nothing"]
    assert [orjson.loads(line)["stream"] for line in page.data.splitlines()] == ["stdout", "stdout"]


async def test_lines_of_the_older_contract_are_kept_in_the_order_they_come(
    services: Services, worker: HandWorker
) -> None:
    job_id = await start(services, workspace(chain("a")))
    offer = (await worker.take())["a"]
    for text in ("one", "one", "two"):
        line = orjson.dumps({"ts": "t", "stream": "stdout", "step": "a", "line": text}) + b"\n"
        await services.legacy.append(attrs.evolve(printed(offer, 0, text), data=Utf8(line)))
    await worker.exchange(done(offer))
    assert texts(await services.logs.read(job_id)) == ["one", "one", "two"]


async def test_an_unknown_job_or_step_is_not_found(services: Services, worker: HandWorker) -> None:
    job_id = await start(services, workspace(chain("a")))
    with pytest.raises(NotFound, match="Step 'b' not found"):
        await services.logs.read(job_id, step="b")
    with pytest.raises(NotFound, match="Job"):
        await services.logs.read(worker.id)
