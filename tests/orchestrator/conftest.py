"""The services of a server on a fresh database, and a worker that tests drive by hand."""

import datetime
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import attrs
import orjson
import pytest

from stroem.blobs.blob_store import BlobStore
from stroem.conversion.constraints import Utf8
from stroem.definitions.action import Action
from stroem.definitions.task import Step, Task
from stroem.definitions.workspace import Definitions
from stroem.orchestrator.jobs.starter import StartRequest
from stroem.orchestrator.logs.reader import LogPage
from stroem.orchestrator.services import ServiceOptions, Services, build_services
from stroem.protocol.claim import Claim
from stroem.protocol.exchange import ExchangeAnswer, ExchangeRequest
from stroem.protocol.registration import Registration
from stroem.protocol.steps import LogLines, Outcome, StepAttempt
from stroem.records.release import Release
from stroem.store.database import Database
from stroem.store.jobs import jobs, step_queries
from stroem.store.statement import execute

RELEASE = Release(
    id=1,
    workspace="default",
    number=1,
    revision="r1",
    manifest="m1",
    tasks_count=1,
    actions_count=1,
    triggers_count=0,
    connections_count=0,
    changes=(),
    created_at=datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC),
)
_releases = iter(range(2, 1_000_000))


def workspace(task: Task, **actions: Action) -> Definitions:
    """A workspace of one task `t`, and the action `true` beside those given."""
    return Definitions(tasks={"t": task}, actions={"true": Action(type="script", script="true"), **actions})


def chain(*names: str) -> Task:
    """A task whose steps follow one another."""
    return Task(
        flow={name: Step(action="true", depends_on=(names[at - 1],) if at else ()) for at, name in enumerate(names)}
    )


@attrs.frozen
class HandWorker:
    """A worker whose every move the test makes."""

    services: Services
    id: uuid.UUID

    async def exchange(
        self,
        *outcomes: Outcome,
        take: int = 16,
        lines: Sequence[LogLines] = (),
        wait: float = 0,
        capabilities: Sequence[str] = ("script",),
        holding: Sequence[StepAttempt] | None = None,
    ) -> ExchangeAnswer:
        return await self.services.exchange.run(
            ExchangeRequest(
                worker_id=self.id,
                capabilities=tuple(capabilities),
                max_steps=take,
                wait_secs=wait,
                outcomes=outcomes,
                logs=tuple(lines),
                holding=None if holding is None else tuple(holding),
            )
        )

    async def take(self, limit: int = 16) -> dict[str, Claim]:
        return {claim.step_name: claim for claim in (await self.exchange(take=limit)).steps or ()}


def done(claim: Claim, output: Any = None, exit_code: int = 0, **more: Any) -> Outcome:
    """The outcome of a claimed step."""
    return Outcome(
        job_id=claim.job_id,
        step_name=claim.step_name,
        attempt=claim.attempt,
        exit_code=exit_code,
        output=output,
        **more,
    )


def no_steps(*cancel: StepAttempt) -> ExchangeAnswer:
    """An answer without steps to run."""
    return ExchangeAnswer(steps=(), cancel=cancel, lease_secs=30)


def printed(claim: Claim, chunk: int, *texts: str) -> LogLines:
    """Log lines of a claimed step."""
    data = b"".join(
        orjson.dumps({"ts": "t", "stream": "stdout", "step": claim.step_name, "line": text}) + b"\n" for text in texts
    )
    return LogLines(
        job_id=claim.job_id,
        step_name=claim.step_name,
        attempt=claim.attempt,
        chunk=chunk,
        lines=len(texts),
        data=Utf8(data),
    )


def texts(page: LogPage) -> list[str]:
    """The lines of a page of a log, without their times and streams."""
    return [orjson.loads(line)["line"] for line in page.data.splitlines()]


@pytest.fixture
async def services(database: Database, tmp_path: Path) -> Services:
    return build_services(database, BlobStore((tmp_path / "blobs").as_uri()), ServiceOptions(lease_secs=30))


@pytest.fixture
async def worker(services: Services) -> HandWorker:
    registered = await services.leases.register(Registration(name="w", capabilities=("script",)))
    return HandWorker(services, registered.worker_id)


async def keep(services: Services, release: Release) -> None:
    """Puts the row of a release into the database, under its id as number."""
    async with services.database.begin() as connection:
        await execute(connection, "INSERT INTO workspaces (name) VALUES (%s) ON CONFLICT DO NOTHING", ["default"])
        await execute(
            connection,
            """
            INSERT INTO releases (id, workspace, number, revision, manifest, changes,
                                  tasks_count, actions_count, triggers_count, connections_count)
            OVERRIDING SYSTEM VALUE VALUES (%(id)s, %(workspace)s, %(id)s, %(revision)s, %(manifest)s, '[]', 1, 1, 0, 0)
            """,
            {name: getattr(release, name) for name in ("id", "workspace", "revision", "manifest")},
        )


async def start(services: Services, definitions: Definitions, **raw_input: Any) -> uuid.UUID:
    """Starts the task `t` on a release of its own."""
    release = attrs.evolve(RELEASE, id=next(_releases))
    await keep(services, release)
    request = StartRequest(task="t", definitions=definitions, release=release, raw_input=raw_input)
    return (await services.starter.start(request)).job_id


async def job_of(services: Services, job_id: uuid.UUID) -> jobs.JobRow:
    async with services.database.read() as connection:
        row = await jobs.get_job(connection, job_id)
    assert row is not None
    return row


async def statuses(services: Services, job_id: uuid.UUID) -> dict[str, str]:
    """The status of each step by its name."""
    async with services.database.read() as connection:
        plan = await services.plan_cache.get(connection, (await job_of(services, job_id)).plan)
        rows = await step_queries.list_steps(connection, job_id)
    return {plan.plan.steps[row.position].name: row.status for row in rows}
