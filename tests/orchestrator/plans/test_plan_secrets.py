"""Secrets of stores: workers get their values, and neither the database nor anybody else does."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest

from stroem.blobs.blob_store import BlobStore
from stroem.definitions.action import Action
from stroem.definitions.connection import Connection, ConnectionProperty
from stroem.definitions.field import InputField
from stroem.definitions.task import Step, Task
from stroem.definitions.workspace import Definitions
from stroem.errors import Conflict
from stroem.interfaces.secret_store import StoreFailed
from stroem.orchestrator.plans.start_request import StartRequest
from stroem.orchestrator.secrets.stores import SecretStores
from stroem.orchestrator.service_options import ServiceOptions
from stroem.orchestrator.services import Services, build_services
from stroem.protocol.claim import Claim, action_of
from stroem.protocol.registration import Registration
from stroem.registry.registry import load_plugins
from stroem.settings.secret_stores import SecretStoreSettings
from stroem.store.database import Database
from stroem.store.statement import fetch
from tests.orchestrator.conftest import (
    HandWorker,
    done,
    errors_of,
    job_of,
    new_release,
    printed,
    start,
    start_on,
    statuses,
    texts,
)
from tests.orchestrator.plans.test_job_plans import stored
from tests.support.safe_store import Safe

PASSWORD, PIN, TOKEN = "pass/of-the-store\nsecond-line", "pin-of-the-store", "token-of-the-store"
MARKER = "••••••"
TASK = Task(
    flow={
        "use": Step(action="show", input={"all": "{{ secret.db.password }} {{ secret.pin }}"}),
        "plain": Step(action="true", depends_on=("use",)),
    }
)
SECRETS = {"db": {"password": "ref+safe://db#/password"}, "pin": "{{ 'ref+safe://pin' | vals }}"}


def workspace(task: Task = TASK, **more: Any) -> Definitions:
    return Definitions(
        tasks={"t": task},
        actions={
            "true": Action(type="script", script="true"),
            "show": Action(type="script", script="true", env={"ALL": "{{ input.all }}", "TOKEN": "ref+safe://token"}),
            "variable": Action(type="script", script="true", env={"TOKEN": "ref+safe://token"}),
            "given": Action(type="script", script="true", env={"GIVEN": "{{ input.given }}"}),
        },
        **{"secrets": SECRETS, **more},
    )


@pytest.fixture(autouse=True)
def _held() -> None:
    Safe.empty()
    Safe.held |= {"db#/password": PASSWORD, "pin": PIN, "token": TOKEN}


Make = Callable[..., Any]


@pytest.fixture
def make(database: Database, tmp_path: Path) -> Make:
    """Makes the services of a server with the store `safe`, which knows the definitions of all releases."""

    async def make(definitions: Definitions, allow: dict[str, tuple[str, ...]] | None = None) -> Services:
        async def known(release_id: int) -> Definitions:
            return definitions

        stores = SecretStores({"safe": Safe})
        allowed = {"default": ("*",)} if allow is None else allow
        await stores.replace({"safe": SecretStoreSettings(type="safe", allow=allowed)})
        options = ServiceOptions(
            lease_secs=30, definitions_of=known, secret_stores=stores, kinds=load_plugins().step_kinds
        )
        return build_services(database, BlobStore((tmp_path / "blobs").as_uri()), options)

    return make


async def hand_worker(services: Services) -> HandWorker:
    registered = await services.leases.register(Registration(name="w", capabilities=("script",)))
    return HandWorker(services, registered.worker_id)


def variables(claim: Claim) -> dict[str, str]:
    """The variables of a claimed step that the workspace gives it."""
    return {name: value for name, value in action_of(claim).env.items() if not name.startswith("STROEM_")}


def leaks(found: dict[str, str]) -> list[tuple[str, str]]:
    parts = ("pass/of-the-store", "second-line", PIN, TOKEN)
    return [(table, part) for table, text in found.items() for part in parts if part in text]


async def audited(services: Services) -> list[tuple[str, str, str, str, dict[str, Any]]]:
    async with services.database.read() as connection:
        rows = await fetch(
            connection,
            "SELECT workspace, actor_kind, actor, object, after FROM audit WHERE verb = 'secret.use' ORDER BY id",
        )
    return [(row[0], row[1], row[2], row[3], orjson.loads(row[4])) for row in rows]


async def test_values_are_read_for_the_worker_and_stored_nowhere(make: Make) -> None:
    services = await make(workspace())
    job_id = await start(services, workspace())
    assert Safe.reads == []
    worker = await hand_worker(services)
    offer = (await worker.take())["use"]
    assert offer.input == {"all": f"{PASSWORD} {PIN}"}
    assert variables(offer) == {"ALL": f"{PASSWORD} {PIN}", "TOKEN": TOKEN}
    assert [sorted(one) for one in Safe.reads] == [["db#/password", "pin", "token"]]
    lines = [printed(offer, 0, f"I say {PIN}", "pass/of-the-store", "second-line", TOKEN, "plain")]
    await worker.exchange(done(offer, {"said": f"{PIN} {TOKEN}"}), lines=lines, take=0)
    assert texts(await services.logs.read(job_id)) == [f"I say {MARKER}", MARKER, MARKER, MARKER, "plain"]
    await worker.exchange(done((await worker.take())["plain"], exit_code=1, error=f"no {TOKEN}"), take=0)
    assert await errors_of(services, job_id) == [None, f"no {MARKER}"]
    assert leaks(await stored(services.database)) == []


async def test_the_audit_log_names_each_secret_of_a_job_once(make: Make) -> None:
    services = await make(workspace())
    job_id = await start(services, workspace())
    worker = await hand_worker(services)
    await worker.exchange(done((await worker.take())["use"]), take=0)
    await worker.take()
    told = {"job": str(job_id), "task": "t", "worker": str(worker.id)}
    assert sorted(await audited(services), key=lambda row: row[3]) == [
        ("default", "worker", "w", "safe://db#/password", told),
        ("default", "worker", "w", "safe://pin", told),
        ("default", "worker", "w", "safe://token", told),
    ]


async def test_only_steps_that_need_what_cannot_be_read_fail(make: Make) -> None:
    task = Task(
        flow={
            "use": Step(action="given", input={"given": "{{ secret.db.password }}"}),
            "other": Step(action="given", input={"given": "{{ secret.pin }}"}),
            "whole": Step(action="given", input={"given": "{{ secret.db }}"}),
            "variable": Step(action="variable"),
            "default": Step(action="given", input={"given": "{{ secret.db.password | default('x') }}"}),
            "plain": Step(action="true"),
        }
    )
    del Safe.held["db#/password"], Safe.held["token"]
    services = await make(workspace(task))
    job_id = await start(services, workspace(task))
    offers = await (await hand_worker(services)).take()
    assert set(offers) == {"other", "plain"}
    assert offers["other"].input == {"given": PIN}
    errors = dict(zip(task.flow, await errors_of(services, job_id), strict=True))
    asked = "store 'safe' has no such secret (asked by task 't' of workspace 'default')"
    assert f"secret 'db#/password': {asked}" in (errors["use"] or "")
    assert f"secret 'db#/password': {asked}" in (errors["default"] or "")
    assert f"variable TOKEN: secret 'token': {asked}" in (errors["variable"] or "")
    assert errors["whole"]
    assert [errors["other"], errors["plain"]] == [None, None]


async def test_a_store_that_is_down_fails_no_job_of_others(make: Make) -> None:
    Safe.failure.append(StoreFailed("is away"))
    services = await make(workspace())
    lost = await start(services, workspace())
    plain = workspace(Task(flow={"plain": Step(action="true")}))
    release = await new_release(services)
    request = StartRequest(task="t", definitions=plain, release=release, raw_input={})
    fine = (await services.starter.start(request)).job_id
    assert set(await (await hand_worker(services)).take()) == {"plain"}
    assert "store 'safe' is away" in str(await errors_of(services, lost))
    assert (await job_of(services, lost)).status == "failed"
    assert (await job_of(services, fine)).status == "running"


async def test_a_workspace_gets_what_it_is_allowed(make: Make) -> None:
    services = await make(workspace(), allow={"default": ("db", "token"), "other": ("*",)})
    job_id = await start(services, workspace())
    assert await (await hand_worker(services)).take() == {}
    assert "store 'safe' does not allow it" in str(await errors_of(services, job_id))
    assert [sorted(one) for one in Safe.reads] == [["db#/password", "token"]]


async def test_a_reference_in_an_input_or_an_output_is_a_text(make: Make) -> None:
    task = Task(
        input={"x": InputField()},
        flow={
            "given": Step(action="given", input={"given": "{{ input.x }}"}),
            "token": Step(action="variable"),
        },
    )
    services = await make(workspace(task))
    await start(services, workspace(task), x="ref+safe://token")
    offers = await (await hand_worker(services)).take()
    assert offers["given"].input == {"given": "ref+safe://token"}
    assert variables(offers["given"]) == {"GIVEN": "ref+safe://token"}
    assert variables(offers["token"]) == {"TOKEN": TOKEN}


async def test_a_value_is_no_template(make: Make) -> None:
    Safe.held["token"] = Safe.held["pin"] = "{{ secret.db.password }} {% if"
    services = await make(workspace())
    await start(services, workspace())
    offer = (await (await hand_worker(services)).take())["use"]
    assert variables(offer)["TOKEN"] == Safe.held["token"]
    assert offer.input == {"all": f"{PASSWORD} {Safe.held['pin']}"}


async def test_inputs_and_connections_have_values_only_in_the_worker(make: Make) -> None:
    task = Task(
        input={"pin": InputField(default="{{ secret.pin }}"), "db": InputField(type="postgres", default="main")},
        flow={"a": Step(action="given", input={"given": "{{ input.pin }} {{ input.db.password }}"})},
    )
    definitions = workspace(
        task,
        connections={"main": Connection(type="postgres", values={"password": "{{ secret.db.password }}"})},
        connection_types={"postgres": {"password": ConnectionProperty(secret=True)}},
    )
    services = await make(definitions)
    job_id = await start(services, definitions)
    assert Safe.reads == []
    assert (await job_of(services, job_id)).input == {"pin": MARKER, "db": {"password": MARKER}}
    offer = (await (await hand_worker(services)).take())["a"]
    assert offer.input == {"given": f"{PIN} {PASSWORD}"}
    assert leaks(await stored(services.database)) == []


async def test_an_input_that_cannot_be_read_fails_the_steps_that_read_it(make: Make) -> None:
    task = Task(
        input={"pin": InputField(default="{{ secret.pin }}"), "word": InputField(default="w")},
        flow={
            "a": Step(action="given", input={"given": "{{ input.pin }}"}),
            "b": Step(action="given", input={"given": "{{ input.word }}"}),
        },
    )
    del Safe.held["pin"]
    services = await make(workspace(task))
    job_id = await start(services, workspace(task))
    offers = await (await hand_worker(services)).take()
    assert offers["b"].input == {"given": "w"}
    assert set(offers) == {"b"}
    assert "store 'safe' has no such secret" in str(await errors_of(services, job_id))


async def test_a_changed_value_is_given_and_both_are_masked(make: Make) -> None:
    services = await make(workspace())
    clock = services.plans._secrets.values
    job_id = await start(services, workspace())
    worker = await hand_worker(services)
    offer = (await worker.take())["use"]
    Safe.held["pin"] = "another-pin"
    clock._clock = lambda: 1e12  # long after
    later = await start(services, workspace())
    assert (await worker.take())["use"].input == {"all": f"{PASSWORD} another-pin"}
    await worker.exchange(lines=[printed(offer, 0, f"{PIN} another-pin")], take=0)
    assert texts(await services.logs.read(job_id)) == [f"{MARKER} {MARKER}"]
    assert (await job_of(services, later)).status == "running"


async def test_a_server_that_cannot_read_what_a_job_was_given_withholds_its_lines(make: Make) -> None:
    services = await make(workspace())
    job_id = await start(services, workspace())
    worker = await hand_worker(services)
    offer = (await worker.take())["use"]
    Safe.failure.append(StoreFailed("is away"))
    other = HandWorker(await make(workspace()), worker.id)
    await other.exchange(done(offer, {"said": "a word"}), lines=[printed(offer, 0, f"{PIN} and more")], take=0)
    assert texts(await services.logs.read(job_id)) == [MARKER]
    assert (await statuses(services, job_id))["use"] == "completed"
    assert leaks(await stored(services.database)) == []


async def test_lines_of_a_job_that_was_given_nothing_are_kept(make: Make) -> None:
    task = Task(flow={"use": Step(action="variable"), "plain": Step(action="true")})
    Safe.failure.append(StoreFailed("is away"))
    services = await make(workspace(task))
    job_id = await start(services, workspace(task))
    worker = await hand_worker(services)
    offers = await worker.take()
    await worker.exchange(lines=[printed(offers["plain"], 0, "a word")], take=0)
    assert "a word" in texts(await services.logs.read(job_id))


async def test_a_job_that_was_given_secrets_of_another_masks_them(make: Make) -> None:
    definitions = workspace(
        Task(flow={"start": Step(action="child", input={"x": "{{ secret.pin }}"})}),
    )
    definitions.actions["child"] = Action(type="task", task="inner")
    definitions.tasks["inner"] = Task(
        input={"x": InputField(secret=True)}, flow={"say": Step(action="given", input={"given": "{{ input.x }}"})}
    )
    services = await make(definitions)
    await start(services, definitions)
    worker = await hand_worker(services)
    offer = (await worker.take())["say"]
    assert offer.input == {"given": PIN}
    await worker.exchange(lines=[printed(offer, 0, f"x {PIN}")], take=0)
    assert texts(await services.logs.read(offer.job_id)) == [f"x {MARKER}"]


async def test_a_dry_run_reads_nothing(make: Make) -> None:
    services = await make(workspace())
    release = await new_release(services)
    found = await services.dry_runner.run(
        StartRequest(task="t", definitions=workspace(), release=release, raw_input={})
    )
    assert found.steps[0].input == {"all": f"{MARKER} {MARKER}"}
    assert Safe.reads == []


async def test_a_local_job_needs_all_its_secrets_to_go_on_alone(make: Make) -> None:
    task = Task(mode="local", flow={"a": Step(action="true"), "b": Step(action="variable", depends_on=("a",))})
    del Safe.held["token"]
    services = await make(workspace(task))
    job_id = await start(services, workspace(task))
    worker = await hand_worker(services)
    await worker.take()
    with pytest.raises(Conflict, match="secret 'token': store 'safe' has no such secret"):
        await services.replicas.get(job_id, worker.id)


async def test_jobs_of_one_claim_read_a_secret_once(make: Make) -> None:
    services = await make(workspace())
    release = await new_release(services)
    for _ in range(5):
        await start_on(services, release, workspace())
    answer = await (await hand_worker(services)).exchange(take=50)
    assert len(answer.steps or ()) == 5
    assert [sorted(one) for one in Safe.reads] == [["db#/password", "pin", "token"]]
    async with services.database.read() as connection:
        [row] = await fetch(connection, "SELECT count(*) FROM job_secrets")
    assert row[0] == 15
