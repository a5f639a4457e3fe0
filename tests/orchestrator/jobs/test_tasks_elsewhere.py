"""Steps that start tasks of other workspaces."""

import uuid
from pathlib import Path
from typing import Any

import attrs
import pytest

from stroem.blobs.blob_store import BlobStore
from stroem.definitions.action import Action
from stroem.definitions.field import InputField
from stroem.definitions.task import Step, Task
from stroem.definitions.workspace import Definitions
from stroem.errors import NotFound, NotRunnable, Unavailable
from stroem.orchestrator.plans.start_request import StartRequest
from stroem.orchestrator.service_options import ServiceOptions
from stroem.orchestrator.services import Services, build_services
from stroem.records.release import Release
from stroem.registry.registry import load_plugins
from stroem.store import statement
from stroem.store.database import Database
from tests.orchestrator.conftest import (
    HandWorker,
    done,
    errors_of,
    job_of,
    new_release,
    pass_time,
    printed,
    start_on,
    statuses,
    texts,
)
from tests.orchestrator.flows import Flows
from tests.orchestrator.jobs.test_child_jobs import children

SAY = Action(type="script", script="echo {{ input.word }} {{ secret.OWN }}")
OPS = Definitions(
    secrets={"OWN": "secret-of-ops"},
    actions={"say": SAY},
    tasks={
        "shared": Task(
            input={"word": InputField(required=True)},
            flow={"say": Step(action="say", input={"word": "{{ input.word }}"})},
            callable_from=("default",),
        ),
        "open": Task(flow={"say": Step(action="say", input={"word": "x"})}, callable_from=("*",)),
        "closed": Task(flow={"say": Step(action="say", input={"word": "x"})}, callable_from=("other",)),
    },
)


class Elsewhere:
    """The other workspaces of a server."""

    def __init__(self) -> None:
        self.current: dict[str, tuple[Release, Definitions]] = {}
        self.loading: set[str] = set()

    def task(self, workspace: str, task: str) -> tuple[Release, Definitions]:
        if workspace in self.loading:
            raise Unavailable(message=f"Workspace {workspace!r} is being loaded", retry_after=1)
        if workspace not in self.current:
            raise NotFound(kind="Workspace", name=workspace)
        if task not in self.current[workspace][1].tasks:
            raise NotFound(kind="Task", name=task)
        return self.current[workspace]


@pytest.fixture
def elsewhere() -> Elsewhere:
    return Elsewhere()


@pytest.fixture
async def services(database: Database, tmp_path: Path, flows: Flows, elsewhere: Elsewhere) -> Services:
    options = ServiceOptions(
        lease_secs=30,
        flow_of=flows.flow_of,
        definitions_of=flows.definitions_of,
        current_task=elsewhere.task,
        kinds=load_plugins().step_kinds,
    )
    return build_services(database, BlobStore((tmp_path / "blobs").as_uri()), options)


@pytest.fixture
async def ops(services: Services, flows: Flows, elsewhere: Elsewhere) -> Release:
    return await publish(services, flows, elsewhere, "files-1")


async def publish(services: Services, flows: Flows, elsewhere: Elsewhere, manifest: str) -> Release:
    """A release of the workspace `ops`, which becomes its current one."""
    release = attrs.evolve(await new_release(services), workspace="ops", manifest=manifest, revision=manifest)
    async with services.database.begin() as connection:
        await statement.execute(connection, "INSERT INTO workspaces (name) VALUES ('ops') ON CONFLICT DO NOTHING")
        await statement.execute(
            connection,
            "UPDATE releases SET workspace = 'ops', manifest = %s, revision = %s WHERE id = %s",
            (manifest, manifest, release.id),
        )
    flows.definitions[release.id] = OPS
    elsewhere.current["ops"] = (release, OPS)
    return release


def caller(task: str = "shared", workspace: str = "ops", word: str = "hi", **more: Any) -> Definitions:
    start = Action(type="task", task=task, workspace=workspace, **more)
    given = {"word": word} if task == "shared" else {}
    return Definitions(
        secrets={"TOKEN": "secret-of-caller"},
        actions={"start": start},
        tasks={"t": Task(flow={"call": Step(action="start", input=given)})},
    )


async def call(services: Services, flows: Flows, definitions: Definitions) -> uuid.UUID:
    release = await new_release(services)
    flows.definitions[release.id] = definitions
    return await start_on(services, release, definitions)


async def test_the_child_runs_in_the_current_release_of_the_other_workspace(
    services: Services, worker: HandWorker, flows: Flows, elsewhere: Elsewhere, ops: Release
) -> None:
    job_id = await call(services, flows, caller())
    (child,) = await children(services, job_id)
    await publish(services, flows, elsewhere, "files-2")
    row = await job_of(services, child)
    assert (row.workspace, row.release_id, row.files, row.depth) == ("ops", ops.id, "files-1", 1)
    claim = (await worker.take())["say"]
    assert (claim.workspace, "secret-of-ops" in str(claim.action_spec)) == ("ops", True)
    await worker.exchange(done(claim, {"n": 7}))
    await services.job_loop.run_once()
    job = await job_of(services, job_id)
    assert (job.status, job.output) == ("completed", {"call": {"say": {"n": 7}}})


async def test_secrets_of_both_sides_are_masked(
    services: Services, worker: HandWorker, flows: Flows, ops: Release
) -> None:
    job_id = await call(services, flows, caller(word="{{ secret.TOKEN }}"))
    (child,) = await children(services, job_id)
    assert (await job_of(services, child)).input == {"word": "••••••"}
    claim = (await worker.take())["say"]
    assert "secret-of-caller" in str(claim.action_spec)
    lines = [printed(claim, 0, "secret-of-caller and secret-of-ops")]
    await worker.exchange(done(claim, {"a": "secret-of-caller", "b": "secret-of-ops"}), lines=lines)
    await services.job_loop.run_once()
    assert texts(await services.logs.read(child)) == ["•••••• and ••••••"]
    for one in (child, job_id):
        assert "secret-of" not in str((await job_of(services, one)).output)


@pytest.mark.parametrize(
    ("task", "workspace", "error"),
    [
        ("closed", "ops", "Task 'closed' of workspace 'ops' may not be started by workspace 'default'"),
        ("nothing", "ops", "'nothing' not found"),
        ("shared", "nowhere", "'nowhere' not found"),
    ],
)
async def test_what_cannot_be_started_fails_the_step_and_is_warned_of(
    services: Services, flows: Flows, ops: Release, task: str, workspace: str, error: str
) -> None:
    definitions, release = caller(task, workspace), await new_release(services)
    flows.definitions[release.id] = definitions
    request = StartRequest(task="t", definitions=definitions, release=release, raw_input={})
    started = await services.starter.start(request)
    assert error in started.warnings[0]
    assert await statuses(services, started.job_id) == {"call": "failed"}
    assert error in str((await errors_of(services, started.job_id))[0])
    assert await children(services, started.job_id) == []


async def test_every_workspace_may_start_an_open_task(services: Services, flows: Flows, ops: Release) -> None:
    job_id = await call(services, flows, caller("open"))
    assert len(await children(services, job_id)) == 1


async def test_a_workspace_that_is_being_loaded_is_waited_for(
    services: Services, worker: HandWorker, flows: Flows, elsewhere: Elsewhere, ops: Release
) -> None:
    elsewhere.loading.add("ops")
    job_id = await call(services, flows, caller())
    assert await statuses(services, job_id) == {"call": "pending"}
    await pass_time(services)
    assert await children(services, job_id) == []
    elsewhere.loading.clear()
    await pass_time(services)
    assert len(await children(services, job_id)) == 1
    assert await errors_of(services, job_id) == [None]


async def test_a_cancellation_reaches_the_other_workspace_and_a_failure_comes_back(
    services: Services, worker: HandWorker, flows: Flows, ops: Release
) -> None:
    cancelled, failed = await call(services, flows, caller()), await call(services, flows, caller())
    (child,) = await children(services, cancelled)
    await services.canceller.cancel(cancelled)
    await services.job_loop.run_once()
    assert (await job_of(services, child)).status == "cancelled"
    await services.job_loop.run_once()
    assert (await job_of(services, cancelled)).status == "cancelled"
    await worker.exchange(done((await worker.take())["say"], exit_code=1))
    await services.job_loop.run_once()
    (child,) = await children(services, failed)
    assert (await job_of(services, failed)).status == "failed"
    assert await errors_of(services, failed) == [f"Job {child} of task 'shared' of workspace 'ops' failed"]


async def test_a_task_that_cannot_be_compiled_fails_its_step_alone(
    services: Services, worker: HandWorker, flows: Flows, elsewhere: Elsewhere, ops: Release
) -> None:
    bad = Definitions(tasks={"shared": Task(flow={"x": Step(action="missing")}, callable_from=("*",))})
    release, _ = elsewhere.current["ops"]
    other = attrs.evolve(release, id=(await new_release(services)).id, workspace="bad")
    flows.definitions[other.id] = bad
    elsewhere.current["bad"] = (other, bad)
    start = {"type": "task", "task": "shared"}
    definitions = Definitions(
        actions={"good": Action(workspace="ops", **start), "bad": Action(workspace="bad", **start)},
        tasks={"t": Task(flow={name: Step(action=name, input={"word": "x"}) for name in ("good", "bad")})},
    )
    job_id = await call(services, flows, definitions)
    assert await statuses(services, job_id) == {"good": "running", "bad": "failed"}
    assert str(NotRunnable(task="shared", reason="step 'x' uses the action 'missing'"))[:40] in str(
        await errors_of(services, job_id)
    )


async def test_levels_of_jobs_are_limited_across_workspaces(
    services: Services, flows: Flows, elsewhere: Elsewhere
) -> None:
    again = Action(type="task", task="again", workspace="ops")
    endless = Definitions(
        actions={"again": again}, tasks={"again": Task(flow={"deeper": Step(action="again")}, callable_from=("*",))}
    )
    release = await publish(services, flows, elsewhere, "files")
    flows.definitions[release.id] = endless
    elsewhere.current["ops"] = (release, endless)
    job_id = await call(services, flows, caller("again"))
    while await services.job_loop.run_once():
        pass
    for _ in range(20):
        await services.job_loop.run_once()
    assert (await job_of(services, job_id)).status == "failed"
    async with services.database.read() as connection:
        rows = await statement.fetch(connection, "SELECT max(depth) FROM jobs")
    assert rows == [(10,)]
