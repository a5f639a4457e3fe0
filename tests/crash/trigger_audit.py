"""Whether each event at a trigger has started one job, by the database and by what the jobs have noted outside."""

import datetime
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs
import psycopg
from psycopg.rows import dict_row

from tests.crash.trigger_workload import IN_A_ROW, TICKING, noted

_SECOND = datetime.timedelta(seconds=1)


@attrs.frozen(kw_only=True)
class TriggerBooks:
    """Rows of the database: fires, and the jobs of each task, and the number of outcomes that were not heard."""

    fires: Sequence[Mapping[str, Any]]
    jobs: Mapping[str, Sequence[Mapping[str, Any]]]
    unheard: int

    def fires_of(self, trigger: str) -> list[Mapping[str, Any]]:
        """The fires of a trigger."""
        return [fire for fire in self.fires if fire["trigger"] == trigger]


async def read_trigger_books(database_url: str) -> TriggerBooks:
    """Reads the books."""
    async with await psycopg.AsyncConnection.connect(database_url, row_factory=dict_row) as connection:
        fires = await (await connection.execute("SELECT * FROM trigger_fires ORDER BY id")).fetchall()
        jobs = await (
            await connection.execute(
                "SELECT id, task, status, source_id, context FROM jobs WHERE source_type = 'trigger'"
            )
        ).fetchall()
        unheard = await (await connection.execute("SELECT count(*) AS n FROM job_outcomes")).fetchone()
    by_task: dict[str, list[Mapping[str, Any]]] = {}
    for job in jobs:
        by_task.setdefault(job["task"], []).append(job)
    assert unheard is not None
    return TriggerBooks(fires=fires, jobs=by_task, unheard=unheard["n"])


def audit(books: TriggerBooks, journal: Path, files: Sequence[str]) -> list[str]:
    """What is wrong: nothing, if no event was lost and none has fired twice."""
    return [*_fires(books), *_ticks(books, journal), *_outcomes(books, journal), *_files(books, journal, files)]


def _fires(books: TriggerBooks) -> Iterator[str]:
    """Each fire has a job, and each job a fire."""
    for fire in books.fires:
        if fire["verdict"] != "started":
            yield f"a fire of {fire['trigger']} is {fire['verdict']}: {fire['reason']}"
    fired = Counter(fire["job_id"] for fire in books.fires)
    made = {job["id"] for jobs in books.jobs.values() for job in jobs}
    yield from (f"{count} fires have the job {job}" for job, count in fired.items() if count != 1)
    yield from (f"the fire of job {job} has no job" for job in fired.keys() - made)
    yield from (f"job {job} has no fire" for job in made - fired.keys())


def _ticks(books: TriggerBooks, journal: Path) -> Iterator[str]:
    """Every second from the first to the last has fired once; so say the jobs, too."""
    for trigger in TICKING:
        times = Counter(fire["scheduled_at"] for fire in books.fires_of(trigger))
        if not times:
            yield f"schedule {trigger} has not fired"
            continue
        at, last = min(times), max(times)
        while at <= last:
            if times[at] != 1:
                yield f"schedule {trigger} has fired {times[at]} times at {at}"
            at += _SECOND
    said = {job: lines[0] for job, lines in noted(journal, "tick").items()}
    yield from (f"{count} jobs say {line}" for line, count in Counter(said.values()).items() if count > 1)
    completed = {str(job["id"]) for job in books.jobs.get("tick", ()) if job["status"] == "completed"}
    yield from (f"tick {job} has noted nothing" for job in completed - said.keys())


def _outcomes(books: TriggerBooks, journal: Path) -> Iterator[str]:
    """Each end of a tick was heard once, and every third one by the trigger that counts."""
    if books.unheard:
        yield f"{books.unheard} outcomes were not heard"
    ticks = {str(job["id"]) for job in books.jobs.get("tick", ())}
    heard = Counter(fire["key"] for fire in books.fires_of("follow-ticks"))
    yield from (f"the end of tick {job} was not heard" for job in ticks - heard.keys())
    yield from (f"{job} was heard {count} times" for job, count in heard.items() if count != 1 or job not in ticks)
    rows = len(books.fires_of("rows-of-ticks"))
    if rows != len(ticks) // IN_A_ROW:
        yield f"{len(ticks)} ticks were counted as {rows} rows of {IN_A_ROW}"
    said = Counter(lines[0] for lines in noted(journal, "follow").values())
    yield from (f"{count} jobs say that they follow {job}" for job, count in said.items() if count > 1)


def _files(books: TriggerBooks, journal: Path, files: Sequence[str]) -> Iterator[str]:
    """Each file has one job."""
    stored = Counter(job["context"]["trigger"]["file"]["name"] for job in books.jobs.get("store", ()))
    yield from (f"file {name} has {stored[name]} jobs" for name in files if stored[name] != 1)
    said = Counter(lines[0] for lines in noted(journal, "store").values())
    yield from (f"{count} jobs say that they store {name}" for name, count in said.items() if count > 1)
