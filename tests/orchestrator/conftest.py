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
from stroem.interfaces.nodes import Node
from stroem.orchestrator.logs.reader import LogPage
from stroem.orchestrator.plans.start_request import StartRequest
from stroem.orchestrator.service_options import ServiceOptions
from stroem.orchestrator.services import Services, build_services
from stroem.protocol.claim import Claim
from stroem.protocol.exchange import ExchangeAnswer, ExchangeRequest
from stroem.protocol.registration import Registration
from stroem.protocol.steps import LogLines, Outcome, StepAttempt
from stroem.records.release import Release
from stroem.redaction.redactor import Redactor
from stroem.registry.registry import load_plugins
from stroem.server.api.jobs.job_steps import JobSteps
from stroem.store import statement
from stroem.store.database import Database
from stroem.store.jobs import jobs, messages, step_queries
from stroem.store.jobs.messages import NewMessage
from tests.orchestrator.flows import Flows

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
        tags: Sequence[str] = (),
        holding: Sequence[StepAttempt] | None = None,
    ) -> ExchangeAnswer:
        return await self.services.exchange.run(
            ExchangeRequest(
                worker_id=self.id,
                capabilities=tuple(capabilities),
                tags=tuple(tags),
                max_steps=take,
                wait_secs=wait,
                outcomes=outcomes,
                logs=tuple(lines),
                holding=None if holding is None else tuple(holding),
            )
        )

    async def take(self, limit: int = 16) -> dict[str, Claim]:
        return await self.follow(limit=limit)

    async def follow(self, *outcomes: Outcome, limit: int = 16) -> dict[str, Claim]:
        """The steps that are handed out in answer to these outcomes, by name."""
        return {claim.step_name: claim for claim in (await self.exchange(*outcomes, take=limit)).steps or ()}


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


async def start_nodes(services: Services, flows: Flows, *nodes: Node, **more: Any) -> uuid.UUID:
    """Starts a task of nodes. `more` as in `Flows.put`, and `raw_input`."""
    raw_input = more.pop("raw_input", {})
    release = await new_release(services)
    flows.definitions[release.id] = flows.put("t", *nodes, **more)
    return await start_on(services, release, flows.definitions[release.id], **raw_input)


async def send(services: Services, job_id: uuid.UUID, kind: str, payload: Any = None, **more: Any) -> None:
    """Sends a message to a job, which takes it at once."""
    async with services.database.begin() as connection:
        await messages.send(connection, [NewMessage(job_id=job_id, kind=kind, payload=payload, **more)])
    await services.job_loop.run_once()


async def pass_time(services: Services) -> None:
    """Makes each due time pass."""
    await execute(services, "UPDATE steps SET due_at = now() WHERE due_at IS NOT NULL")
    await services.job_loop.run_once()


@pytest.fixture
def flows() -> Flows:
    """Tasks of nodes, for the services."""
    return Flows()


@pytest.fixture
async def services(database: Database, tmp_path: Path, flows: Flows) -> Services:
    options = ServiceOptions(
        lease_secs=30, flow_of=flows.flow_of, definitions_of=flows.definitions_of, kinds=load_plugins().step_kinds
    )
    return build_services(database, BlobStore((tmp_path / "blobs").as_uri()), options)


@pytest.fixture
async def worker(services: Services) -> HandWorker:
    registered = await services.leases.register(Registration(name="w", capabilities=("script",)))
    return HandWorker(services, registered.worker_id)


async def keep(services: Services, release: Release) -> None:
    """Puts the row of a release into the database, under its id as number."""
    async with services.database.begin() as connection:
        await statement.execute(
            connection, "INSERT INTO workspaces (name) VALUES (%s) ON CONFLICT DO NOTHING", ["default"]
        )
        await statement.execute(
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
    return await start_on(services, await new_release(services), definitions, **raw_input)


async def new_release(services: Services) -> Release:
    """A release that no job uses yet."""
    release = attrs.evolve(RELEASE, id=next(_releases))
    await keep(services, release)
    return release


async def start_on(services: Services, release: Release, definitions: Definitions, **raw_input: Any) -> uuid.UUID:
    """Starts the task `t` on a release."""
    request = StartRequest(task="t", definitions=definitions, release=release, raw_input=raw_input)
    return (await services.starter.start(request)).job_id


async def job_of(services: Services, job_id: uuid.UUID) -> jobs.JobRow:
    async with services.database.read() as connection:
        row = await jobs.get_job(connection, job_id)
    assert row is not None
    return row


async def execute(services: Services, sql: str) -> None:
    """Executes statements in a transaction of their own."""
    async with services.database.read() as connection:
        await statement.execute(connection, sql)


async def error_of(services: Services, job_id: uuid.UUID) -> str | None:
    """The error of the first step."""
    return (await errors_of(services, job_id))[0]


async def errors_of(services: Services, job_id: uuid.UUID) -> list[str | None]:
    """The errors of all steps."""
    async with services.database.read() as connection:
        return [row.error for row in await step_queries.list_steps(connection, job_id)]


async def statuses(services: Services, job_id: uuid.UUID) -> dict[str, str]:
    """The status of each step by its name."""
    job = await job_of(services, job_id)
    async with services.database.read() as connection:
        plan = await services.plans.cached_jobs.plan(connection, job_id)
        rows = await step_queries.list_steps(connection, job_id)
    steps = JobSteps(job_id=job_id, plan=plan, rows=rows, job_status=job.status, redactor=Redactor())
    return {step.step_name: step.status for step in steps.details()}
