"""Inputs of jobs that hold secrets: encrypted in the database, whole for those who run the job."""

import uuid
from pathlib import Path
from typing import Any

import pytest

from stroem.blobs.blob_store import BlobStore
from stroem.definitions.action import Action
from stroem.definitions.field import InputField
from stroem.definitions.retry import Retry
from stroem.definitions.task import Hook, Step, Task
from stroem.definitions.workspace import Definitions
from stroem.errors import Conflict
from stroem.orchestrator.operations.rerunner import RerunRequest
from stroem.orchestrator.secrets.sealed_secrets import Rewrapped
from stroem.orchestrator.service_options import ServiceOptions
from stroem.orchestrator.services import Services, build_services
from stroem.protocol.claim import action_of
from stroem.protocol.registration import Registration
from stroem.secrets.envelope import KeyRing
from stroem.store.database import Database
from tests.orchestrator.conftest import HandWorker, done, error_of, execute, job_of, new_release, start_on
from tests.orchestrator.flows import ECHO, TRUE
from tests.support.stored_text import columns_with

PIN = "pin-of-someone-42"
TOKEN = "token-of-the-workspace-43"
FIRST, SECOND = b"1" * 64, b"2" * 64
MASK = "••••••"


def definitions(**more: Any) -> Definitions:
    """A task that prints its secret input."""
    flow = {"work": Step(action="echo", input={"text": "{{ input.pin }}"})}
    fields = {"pin": InputField(secret=True), "plain": InputField(default="seen")}
    return Definitions(
        secrets={"token": TOKEN},
        tasks={
            "t": Task(**{"input": fields, "flow": flow, **more}),
            "child": Task(
                input={"text": InputField()}, flow={"inner": Step(action="echo", input={"text": "{{ input.text }}"})}
            ),
        },
        actions={"true": TRUE, "echo": ECHO, "child": Action(type="task", task="child")},
    )


class Servers:
    """Servers on one database, each with keys of its own and nothing in memory of the others."""

    def __init__(self, database: Database, folder: Path) -> None:
        self._database = database
        self._folder = folder
        self._known: dict[int, Definitions] = {}

    def start(self, *keys: bytes, encrypts: bool = True) -> Services:
        options = ServiceOptions(
            lease_secs=30,
            definitions_of=self._definitions_of,
            secret_keys=KeyRing(keys) if keys else None,
            encrypts=encrypts,
        )
        return build_services(self._database, BlobStore((self._folder / "blobs").as_uri()), options)

    async def job(self, server: Services, wanted: Definitions, **given: Any) -> uuid.UUID:
        release = await new_release(server)
        self._known[release.id] = wanted
        return await start_on(server, release, wanted, **given)

    async def _definitions_of(self, release_id: int) -> Definitions:
        return self._known[release_id]


@pytest.fixture
def servers(database: Database, tmp_path: Path) -> Servers:
    return Servers(database, tmp_path)


async def hand_worker(services: Services) -> HandWorker:
    registered = await services.leases.register(Registration(name="w", capabilities=("script",)))
    return HandWorker(services, registered.worker_id)


async def run_next(worker: HandWorker, **more: Any) -> str:
    """Takes the only step that is ready and ends it; returns its script."""
    ((_, claim),) = (await worker.take()).items()
    await worker.exchange(done(claim, **more), take=0)
    return str(action_of(claim).script)


async def begin_next(services: Services) -> None:
    await execute(services, "UPDATE jobs SET starts_at = now() WHERE starts_at IS NOT NULL")
    await services.job_loop.run_once()


async def test_the_database_has_no_secret_of_an_input(servers: Servers, database: Database) -> None:
    server = servers.start(FIRST)
    job_id = await servers.job(server, definitions(), pin=PIN)
    assert await columns_with(database, PIN) == set()
    row = await job_of(server, job_id)
    assert row.raw_input == {"pin": MASK}
    assert row.sealed_input is not None
    restarted = servers.start(FIRST)
    assert await run_next(await hand_worker(restarted)) == f"echo {PIN}"
    assert (await job_of(server, job_id)).status == "completed"
    assert await columns_with(database, PIN) == set()


async def test_each_envelope_is_another(servers: Servers) -> None:
    server = servers.start(FIRST)
    found = [await job_of(server, await servers.job(server, definitions(), pin=PIN)) for _ in range(2)]
    envelopes = {row.sealed_input for row in found}
    assert len(envelopes) == 2
    key_id = KeyRing([FIRST]).current
    assert {one[1:9].hex() for one in envelopes if one is not None} == {key_id}


@pytest.mark.parametrize("given", [{}, {"plain": "seen"}])
async def test_an_input_without_secrets_is_not_encrypted(servers: Servers, given: dict[str, str]) -> None:
    server = servers.start(FIRST)
    row = await job_of(server, await servers.job(server, definitions(), **given))
    assert (row.raw_input, row.sealed_input) == (given, None)


async def test_the_input_of_a_child_has_secrets_of_its_parent(servers: Servers, database: Database) -> None:
    server = servers.start(FIRST)
    call = Step(action="child", input={"text": "{{ input.pin }} {{ secret.token }}"})
    await servers.job(server, definitions(flow={"call": call}), pin=PIN)
    assert await run_next(await hand_worker(servers.start(FIRST))) == f"echo {PIN} {TOKEN}"
    assert await columns_with(database, PIN) == await columns_with(database, TOKEN) == set()


async def test_retries_and_hooks_have_the_whole_input(servers: Servers, database: Database) -> None:
    server = servers.start(FIRST)
    hook = Hook(action="echo", input={"text": "{{ input.pin }} again"})
    retried = definitions(retry=Retry(max_attempts=1, delay=1), on_error=(hook,))
    job_id = await servers.job(server, retried, pin=PIN)
    worker = await hand_worker(server)
    assert await run_next(worker, exit_code=1) == f"echo {PIN}"
    second = (await job_of(server, job_id)).retry_job
    assert second is not None
    assert (await job_of(server, second)).sealed_input is not None
    await begin_next(server)
    restarted = servers.start(FIRST)
    worker = await hand_worker(restarted)
    assert await run_next(worker, exit_code=1) == f"echo {PIN}"
    assert await run_next(worker) == f"echo {PIN} again"
    assert await columns_with(database, PIN) == set()


async def test_a_re_run_has_the_whole_input(servers: Servers, database: Database) -> None:
    server = servers.start(FIRST)
    job_id = await servers.job(server, definitions(), pin=PIN)
    await run_next(await hand_worker(server))
    restarted = servers.start(SECOND, FIRST)
    again = (await restarted.rerunner.start(RerunRequest(job_id=job_id, given={"pin": MASK, "plain": "new"}))).job_id
    assert await run_next(await hand_worker(restarted)) == f"echo {PIN}"
    row = await job_of(restarted, again)
    assert row.sealed_input is not None
    assert row.sealed_input[1:9].hex() == KeyRing([SECOND]).current
    assert await columns_with(database, PIN) == set()


async def test_a_missing_key_fails_its_jobs_alone(servers: Servers) -> None:
    before = servers.start(FIRST)
    lost = await servers.job(before, definitions(retry=Retry(max_attempts=1, delay=1)), pin=PIN)
    after = servers.start(SECOND)
    plain = await servers.job(after, definitions(), pin="another-pin-44")
    worker = await hand_worker(after)
    claims = await worker.take()
    assert {claim.job_id for claim in claims.values()} == {plain}
    error = await error_of(after, lost)
    assert error is not None
    assert f"its key {KeyRing([FIRST]).current} is not among those of this server" in error
    assert (await job_of(after, lost)).status == "failed"
    assert (await job_of(after, lost)).retry_job is None
    await worker.exchange(*(done(claim) for claim in claims.values()), take=0)
    assert (await job_of(after, plain)).status == "completed"
    with pytest.raises(Conflict, match=f"The input of job {lost} cannot be decrypted: its key"):
        await after.rerunner.start(RerunRequest(job_id=lost))


async def test_an_envelope_of_another_job_is_refused(servers: Servers) -> None:
    server = servers.start(FIRST)
    victim, thief = [await servers.job(server, definitions(), pin=pin) for pin in (PIN, "another-pin-44")]
    await execute(
        server,
        f"UPDATE jobs SET sealed_input = (SELECT sealed_input FROM jobs WHERE id = '{victim}') WHERE id = '{thief}'",
    )
    restarted = servers.start(FIRST)
    assert await run_next(await hand_worker(restarted)) == f"echo {PIN}"
    assert "it was changed, or moved from elsewhere" in str(await error_of(restarted, thief))
    assert (await job_of(restarted, thief)).status == "failed"


async def test_plain_inputs_from_before_are_read(servers: Servers, database: Database) -> None:
    before = servers.start(FIRST, encrypts=False)
    job_id = await servers.job(before, definitions(retry=Retry(max_attempts=1, delay=1)), pin=PIN)
    assert await columns_with(database, PIN) == {"jobs.raw_input"}
    after = servers.start(FIRST)
    worker = await hand_worker(after)
    assert await run_next(worker, exit_code=1) == f"echo {PIN}"
    second = (await job_of(after, job_id)).retry_job
    assert second is not None
    assert (await job_of(after, second)).raw_input == {"pin": MASK}
    await begin_next(after)
    assert await run_next(worker) == f"echo {PIN}"


async def test_encrypted_inputs_are_read_when_it_is_off_again(servers: Servers) -> None:
    await servers.job(servers.start(FIRST), definitions(), pin=PIN)
    assert await run_next(await hand_worker(servers.start(FIRST, encrypts=False))) == f"echo {PIN}"


async def test_keys_of_inputs_are_changed(servers: Servers) -> None:
    before = servers.start(FIRST)
    for _ in range(101):
        await servers.job(before, definitions(), pin=PIN)
    both = servers.start(SECOND, FIRST)
    new = await servers.job(both, definitions(), pin=PIN)
    current = KeyRing([SECOND]).current
    expected = Rewrapped(changed=0, failed=0, inputs=101, failed_inputs=0, key_id=current)
    assert await both.secrets.sealed.rewrap() == expected
    assert (await both.secrets.sealed.rewrap()).inputs == 0
    failed = await before.secrets.sealed.rewrap()
    assert (failed.inputs, failed.failed_inputs) == (0, 102)
    after = servers.start(SECOND)
    claims = await (await hand_worker(after)).exchange(take=16)
    assert {action_of(claim).script for claim in claims.steps or ()} == {f"echo {PIN}"}
    assert (await job_of(after, new)).sealed_input is not None


async def test_a_server_that_does_not_encrypt_warns_once(servers: Servers, caplog: pytest.LogCaptureFixture) -> None:
    server = servers.start(FIRST, encrypts=False)
    await servers.job(server, definitions(), plain="no secret")
    assert not caplog.records
    for _ in range(2):
        await servers.job(server, definitions(), pin=PIN)
    (told,) = [record.getMessage() for record in caplog.records]
    assert told.startswith("secret inputs of jobs are stored in plain text: set `encryption.key_file`")
