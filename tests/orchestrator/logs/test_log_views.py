"""Logs by the numbers of their lines, searches and summaries of whole logs, hot and sealed."""

import uuid

import attrs
import pytest

from stroem.definitions.task import Step, Task
from stroem.errors import NotFound
from stroem.orchestrator.logs.line_search import LineSearch
from stroem.orchestrator.logs.log_searcher import LogHits
from stroem.orchestrator.services import Services
from stroem.protocol.claim import Claim
from stroem.store import statement
from tests.orchestrator.conftest import HandWorker, chain, printed, start, texts, workspace


async def seal(services: Services) -> None:
    async with services.database.begin() as connection:
        await statement.execute(connection, "UPDATE log_heads SET seal_due_at = now() WHERE hot_bytes > 0")
    while await services.sealer.run_once():
        pass


async def two_steps(services: Services, worker: HandWorker) -> tuple[uuid.UUID, list[str]]:
    """A job whose steps print by turns, and the lines of step a; the first ones are sealed."""
    task = Task(flow={"a": Step(action="true"), "b": Step(action="true")})
    job_id = await start(services, workspace(task))
    offers = await worker.take()
    own: list[str] = []
    for at in range(6):
        for name in ("a", "b"):
            lines = [f"{name}{at}.{line}" for line in range(at % 3 + 1)]
            await services.recorder.append(printed(offers[name], at, *lines), worker.id)
            own += lines if name == "a" else []
        if at == 3:
            await seal(services)
    return job_id, own


async def two_attempts(services: Services, worker: HandWorker) -> tuple[uuid.UUID, list[Claim]]:
    """A job with a step in its second attempt, and the claims of both."""
    job_id = await start(services, workspace(chain("a")))
    first = (await worker.take())["a"]
    await services.recorder.append(printed(first, 0, "begin", "error: out of memory"), worker.id)
    async with services.database.begin() as connection:
        await statement.execute(connection, "UPDATE steps SET attempt = 2")
    second = attrs.evolve(first, attempt=2)
    await services.recorder.append(printed(second, 0, "begin", "fine", "end"), worker.id)
    return job_id, [first, second]


async def test_every_range_of_a_step_by_line_numbers(services: Services, worker: HandWorker) -> None:
    job_id, own = await two_steps(services, worker)
    for skip in range(len(own)):
        page = await services.logs.read(job_id, step="a", skip=skip, max_lines=3)
        assert (texts(page), page.first, page.lines) == (own[skip : skip + 3], skip, len(own))
        assert page.more is (skip + 3 < len(own))
    behind = await services.logs.read(job_id, step="a", skip=len(own) + 5)
    assert (texts(behind), behind.first, behind.lines, behind.more) == ([], len(own), len(own), False)
    assert behind.next == behind.total


async def test_a_job_by_line_numbers(services: Services, worker: HandWorker) -> None:
    job_id, own = await two_steps(services, worker)
    whole = texts(await services.logs.read(job_id))
    page = await services.logs.read(job_id, skip=5, max_lines=4)
    assert (texts(page), page.first, page.lines) == (whole[5:9], 5, 2 * len(own))


async def test_attempts_have_numbers_of_their_own(services: Services, worker: HandWorker) -> None:
    job_id, _ = await two_attempts(services, worker)
    page = await services.logs.read(job_id, step="a", attempt=2, skip=1)
    assert (texts(page), page.first, page.lines) == (["fine", "end"], 1, 3)
    found = await services.log_searcher.search(job_id, LineSearch("begin"), step="a", attempt=2)
    assert found == LogHits(lines=(0,), next=3, total=3)
    assert (await services.log_searcher.search(job_id, LineSearch("begin"), step="a")).lines == (0, 2)


async def test_search_in_parts(services: Services, worker: HandWorker) -> None:
    job_id, own = await two_steps(services, worker)
    search = LineSearch(r"\.0$", is_regex=True)
    wanted = [number for number, line in enumerate(own) if line.endswith(".0")]
    whole = await services.log_searcher.search(job_id, search, step="a")
    assert whole == LogHits(lines=tuple(wanted), next=len(own), total=len(own))
    after, found = 0, list[int]()
    while True:
        part = await services.log_searcher.search(job_id, search, step="a", after=after, limit=2)
        found += part.lines
        after = part.next
        if part.stopped is None:
            break
        assert part.stopped == "limit"
    assert found == wanted


async def test_a_search_without_time_says_where_it_stopped(services: Services, worker: HandWorker) -> None:
    job_id, own = await two_steps(services, worker)
    after, found = 0, list[int]()
    while True:
        part = await services.log_searcher.search(job_id, LineSearch("a"), step="a", after=after, secs=-1)
        found += part.lines
        after = part.next
        if part.stopped is None:
            break
        assert part.stopped == "time"
    assert found == list(range(len(own)))


async def test_a_summary(services: Services, worker: HandWorker) -> None:
    job_id, _ = await two_attempts(services, worker)
    found = await services.log_summaries.summary(job_id, step="a")
    assert [(one.attempt, one.lines, one.position) for one in found.attempts] == [(1, 2, 0), (2, 3, 2)]
    assert (found.lines, found.first_at, found.last_at) == (5, "t", "t")
    assert found.size == sum(one.size for one in found.attempts) > 0
    assert (found.scan.lines, found.scan.first_error, found.scan.first_stderr) == (5, 1, None)
    second = await services.log_summaries.summary(job_id, step="a", attempt=2)
    assert (second.lines, second.scan.first_error) == (3, None)


async def test_a_scan_goes_on_where_it_ended(services: Services, worker: HandWorker) -> None:
    job_id, claims = await two_attempts(services, worker)
    assert (await services.log_summaries.summary(job_id, step="a", attempt=2)).scan.first_error is None
    await services.recorder.append(printed(claims[1], 1, "warn", "fatal: gone"), worker.id)
    await seal(services)
    found = await services.log_summaries.summary(job_id, step="a", attempt=2)
    assert (found.scan.lines, found.scan.first_error) == (5, 4)


async def test_a_log_without_lines(services: Services) -> None:
    job_id = await start(services, workspace(chain("a")))
    found = await services.log_summaries.summary(job_id)
    assert (found.lines, found.size, found.first_at, found.attempts, found.scan.lines) == (0, 0, None, (), 0)
    assert (await services.log_searcher.search(job_id, LineSearch("x"))).lines == ()


async def test_unknown_jobs(services: Services) -> None:
    with pytest.raises(NotFound):
        await services.log_summaries.summary(uuid.uuid4())
    with pytest.raises(NotFound):
        await services.log_searcher.search(uuid.uuid4(), LineSearch("x"))
