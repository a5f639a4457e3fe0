"""Values of rows: encrypted in their place, for one row and one column."""

import uuid
from pathlib import Path
from typing import Any

import pytest

from stroem.blobs.blob_store import BlobStore
from stroem.definitions.field import InputField
from stroem.definitions.values import Json
from stroem.interfaces.nodes import Node
from stroem.orchestrator.secrets.sealed_values import Place, SealedValues
from stroem.orchestrator.service_options import ServiceOptions
from stroem.orchestrator.services import Services, build_services
from stroem.protocol.registration import Registration
from stroem.registry.registry import load_plugins
from stroem.secrets.envelope import CannotOpen, KeyRing
from stroem.store.database import Database
from tests.orchestrator.conftest import HandWorker, done, error_of, job_of, start_nodes
from tests.orchestrator.flows import Flows, action, nodes_with_a_pin, then
from tests.support.stored_text import columns_with

FIRST, SECOND = KeyRing([b"1" * 64]), KeyRing([b"2" * 64])
BOTH = KeyRing([b"2" * 64, b"1" * 64])
PIN = "pin-of-someone-42"
ROW = ("main", "paid", "a-key")
VALUES: list[Json] = [
    {"a": [1, None, "x"]},
    "text",
    7,
    [],
    {"$sealed": "AAAA"},
    {"$sealed": None, "value": 1},
    "\ud800",
]


@pytest.mark.parametrize("encrypts", [True, False])
@pytest.mark.parametrize("value", [*VALUES, None])
def test_a_value_is_read_as_it_was(value: Json, encrypts: bool) -> None:
    rows = SealedValues(FIRST, encrypts=encrypts)
    stored = rows.sealed(value, Place.SIGNAL, *ROW)
    assert rows.opened(stored, Place.SIGNAL, *ROW) == value
    assert SealedValues(FIRST, encrypts=not encrypts).opened(stored, Place.SIGNAL, *ROW) == value


def test_a_value_opens_in_its_own_row_and_column_only() -> None:
    rows = SealedValues(FIRST, encrypts=True)
    stored = rows.sealed(PIN, Place.SIGNAL, *ROW)
    for place, row in ((Place.DELIVERY, ROW), (Place.SIGNAL, ("main", "paid", "other")), (Place.SIGNAL, ROW[:2])):
        with pytest.raises(CannotOpen, match="moved from elsewhere"):
            rows.opened(stored, place, *row)


@pytest.mark.parametrize("text", ["", "no base64", "AQ==", 7])
def test_what_was_changed_is_refused(text: Json) -> None:
    with pytest.raises(CannotOpen):
        SealedValues(FIRST, encrypts=True).opened({"$sealed": text}, Place.SIGNAL, *ROW)


def test_a_missing_key_is_named() -> None:
    stored = SealedValues(FIRST, encrypts=True).sealed(PIN, Place.SIGNAL, *ROW)
    with pytest.raises(CannotOpen, match=f"its key {FIRST.current} is not among"):
        SealedValues(SECOND, encrypts=True).opened(stored, Place.SIGNAL, *ROW)
    with pytest.raises(CannotOpen, match="this server has no key"):
        SealedValues(None, encrypts=True).opened(stored, Place.SIGNAL, *ROW)


class Server:
    """Servers on one database, each with keys of its own."""

    def __init__(self, database: Database, folder: Path, flows: Flows) -> None:
        self._database, self._folder, self._flows = database, folder, flows

    def start(self, keys: KeyRing) -> Services:
        options = ServiceOptions(
            flow_of=self._flows.flow_of,
            definitions_of=self._flows.definitions_of,
            kinds=load_plugins().step_kinds,
            secret_keys=keys,
            encrypts=True,
        )
        return build_services(self._database, BlobStore((self._folder / "blobs").as_uri()), options)


@pytest.fixture
def server(database: Database, tmp_path: Path, flows: Flows) -> Server:
    return Server(database, tmp_path, flows)


async def hand_worker(services: Services) -> HandWorker:
    registered = await services.leases.register(Registration(name="w", capabilities=("script",)))
    return HandWorker(services, registered.worker_id)


async def waiting_job(services: Services, flows: Flows) -> uuid.UUID:
    """A job whose second step waits for a signal, which has come already."""
    secret: dict[str, Any] = {"pin": {"type": "string", "secret": True}}
    signal = Node(name="wait", kind="signal", input={"name": "paid", "fields": secret})
    job_id = await start_nodes(services, flows, action("a", edges=then(1)), signal)
    assert not (await services.signaller.send(job_id, "paid", {"pin": PIN})).is_received
    return job_id


async def test_a_signal_that_waits_for_its_step_is_encrypted(server: Server, database: Database, flows: Flows) -> None:
    before = server.start(FIRST)
    job_id = await waiting_job(before, flows)
    assert await columns_with(database, PIN) == set()
    rotated = await server.start(BOTH).secrets.sealed.rewrap()
    assert (rotated.inputs, rotated.failed_inputs) == (1, 0)
    after = server.start(SECOND)
    worker = await hand_worker(after)
    await worker.exchange(done((await worker.take())["a"]))
    row = await job_of(after, job_id)
    assert (row.status, row.output) == ("completed", {"wait": {"pin": "••••••"}})
    assert await columns_with(database, PIN) == set()


async def test_a_signal_without_its_key_fails_its_job_alone(server: Server, flows: Flows) -> None:
    before, after = server.start(FIRST), server.start(SECOND)
    lost, other = await waiting_job(before, flows), await waiting_job(after, flows)
    worker = await hand_worker(after)
    claims = (await worker.exchange(take=16)).steps or ()
    assert {claim.job_id for claim in claims} == {lost, other}
    await worker.exchange(*(done(claim) for claim in claims), take=0)
    assert (await job_of(after, other)).status == "completed"
    assert (await job_of(after, lost)).status == "failed"
    told = f"The signal 'paid' cannot be decrypted: its key {FIRST.current} is not among those of this server"
    assert told in str(await error_of(after, lost))


async def test_what_a_live_job_keeps_in_plain_text(server: Server, database: Database, flows: Flows) -> None:
    """The exceptions, by name: what SQL collects and copies from row to row, until the job ends."""
    services = server.start(FIRST)
    job_id = await start_nodes(
        services,
        flows,
        *nodes_with_a_pin(),
        input={"pin": InputField(secret=True)},
        raw_input={"pin": PIN},
    )
    worker = await hand_worker(services)
    say = (await worker.take())["each-of[0]"]
    assert await columns_with(database, PIN) == {"steps.value"}
    use = (await worker.follow(done(say, {"said": PIN})))["use"]
    assert await columns_with(database, PIN) == {"jobs.context", "steps.full_output", "steps.value"}
    await worker.exchange(done(use, {"said": PIN}))
    assert (await job_of(services, job_id)).status == "completed"
    assert await columns_with(database, PIN) == set()
