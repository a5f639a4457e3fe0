"""Plans name secrets; their values come from the release of a job and are stored nowhere."""

import uuid
from pathlib import Path
from typing import Any

import pytest

from stroem.blobs.blob_store import BlobStore
from stroem.definitions.action import Action
from stroem.definitions.task import Step, Task
from stroem.definitions.workspace import Definitions
from stroem.errors import BlobMissing
from stroem.orchestrator.service_options import ServiceOptions
from stroem.orchestrator.services import Services, build_services
from stroem.protocol.claim import action_of
from stroem.protocol.registration import Registration
from stroem.store.database import Database
from stroem.store.statement import fetch
from tests.orchestrator.conftest import (
    HandWorker,
    done,
    error_of,
    job_of,
    new_release,
    printed,
    start,
    start_on,
    statuses,
    texts,
)
from tests.support.definitions_with_secrets import ALL, DEFAULT, NUMBER, PASSWORD, PIN, TOKEN, definitions


def other_services(database: Database, tmp_path: Path, known: Any) -> Services:
    """A server that has seen nothing of what was before; `known` gives it the definitions of releases."""
    return build_services(
        database, BlobStore((tmp_path / "blobs").as_uri()), ServiceOptions(lease_secs=30, definitions_of=known)
    )


async def hand_worker(services: Services) -> HandWorker:
    registered = await services.leases.register(Registration(name="w", capabilities=("script",)))
    return HandWorker(services, registered.worker_id)


async def stored(database: Database) -> dict[str, str]:
    """Everything that the database holds, as text, by table."""
    async with database.read() as connection:
        tables = await fetch(connection, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        found = {}
        for (table,) in tables:
            rows = await fetch(connection, f"SELECT t::text FROM {table} t")
            found[table] = "\n".join(row[0] for row in rows)
        found["plans"] = "\n".join(
            row[0] for row in await fetch(connection, "SELECT convert_from(body, 'UTF8') FROM plans")
        )
        found["log_chunks"] = "\n".join(
            row[0] for row in await fetch(connection, "SELECT convert_from(body, 'UTF8') FROM log_chunks")
        )
        return found


def leaks(found: dict[str, str]) -> dict[str, list[str]]:
    return {table: told for table, text in found.items() if (told := [one for one in ALL if one in text])}


async def test_the_database_keeps_no_secrets_but_those_given(services: Services, worker: HandWorker) -> None:
    job_id = await start(services, definitions(), pin=PIN)
    shown = (await worker.take())["show"]
    said = shown.input["all"]
    assert all(one in said for one in (TOKEN, PASSWORD, PIN, str(NUMBER)))
    lines = [printed(shown, 0, f"I say {said}", "and more")]
    await worker.exchange(done(shown, {"said": said, "n": NUMBER}), lines=lines, take=0)
    assert leaks(await stored(services.database)) == {"jobs": [PIN], "steps": [TOKEN, PASSWORD, PIN, str(NUMBER)]}
    deployed = (await worker.take())["deploy"]
    assert action_of(deployed).script == f"deploy {DEFAULT}"
    assert deployed.input["db"] == {"password": PASSWORD, "port": 5432}
    await worker.exchange(done(deployed, exit_code=0), take=0)
    again = (await worker.take())["again"]
    assert again.input["all"] == said
    await worker.exchange(done(again, exit_code=1, error=f"no {TOKEN}"), take=0)
    assert (await statuses(services, job_id))["again"] == "failed"
    assert leaks(await stored(services.database)) == {"jobs": [PIN]}
    row = await job_of(services, job_id)
    assert row.raw_input == {"pin": PIN}
    assert row.input == {"db": {"password": "••••••", "port": 5432}, "pin": "••••••", "code": "••••••", "plain": "seen"}
    assert texts(await services.logs.read(job_id))[1] == "and more"


async def test_a_server_that_knows_nothing_reads_the_values_from_the_release(
    services: Services, tmp_path: Path
) -> None:
    asked = []

    async def known(release_id: int) -> Definitions:
        asked.append(release_id)
        return definitions()

    job_id = await start(services, definitions(), pin=PIN, code=7)
    other = other_services(services.database, tmp_path, known)
    worker = await hand_worker(other)
    offer = (await worker.take())["show"]
    assert offer.input["all"] == f"{TOKEN} {PASSWORD} {PIN} 7"
    third = other_services(services.database, tmp_path, known)
    await third.recorder.append(printed(offer, 0, f"a {TOKEN} b {PIN}"), worker.id)
    assert texts(await third.logs.read(job_id)) == ["a •••••• b ••••••"]
    release_id = (await job_of(services, job_id)).release_id
    assert asked == [release_id, release_id]


@pytest.mark.parametrize("problem", [BlobMissing(digest="d" * 64), ValueError("what nobody foresaw")])
async def test_a_step_whose_values_cannot_be_had_fails_and_others_go_on(
    services: Services, tmp_path: Path, problem: Exception
) -> None:
    async def broken(release_id: int) -> Definitions:
        raise problem

    plain = Definitions(tasks={"t": Task(flow={"a": Step(action="x")})}, actions={"x": Action(type="script", cmd="x")})
    lost, fine = await start(services, definitions(), pin=PIN), await start(services, plain)
    other = other_services(services.database, tmp_path, broken)
    worker = await hand_worker(other)
    offers = await worker.take()
    assert set(offers) == {"a"}
    await worker.exchange(done(offers["a"]), take=0)
    assert (await job_of(services, fine)).status == "completed"
    row = await job_of(services, lost)
    assert row.status == "failed"
    async with services.database.read() as connection:
        errors = await fetch(connection, "SELECT error FROM steps WHERE job_id = %s AND status = 'failed'", [lost])
    assert [f"release {row.release_id} cannot be read" in error[0] for error in errors] == [True]


async def test_what_cannot_be_checked_for_secrets_is_withheld(
    services: Services, worker: HandWorker, tmp_path: Path
) -> None:
    """Lines and outcomes that come when the files of the release are lost."""

    async def broken(release_id: int) -> Definitions:
        raise BlobMissing(digest="d" * 64)

    job_id = await start(services, definitions(), pin=PIN)
    offer = (await worker.take())["show"]
    other = HandWorker(other_services(services.database, tmp_path, broken), worker.id)
    await other.exchange(done(offer, {"said": TOKEN}), lines=[printed(offer, 0, TOKEN, "b")], take=0)
    assert texts(await services.logs.read(job_id)) == ["••••••", "••••••"]
    assert (await statuses(services, job_id))["show"] == "completed"
    assert leaks(await stored(services.database))["steps"] == [TOKEN]


async def test_a_release_is_read_once_for_all_that_a_worker_takes(services: Services, tmp_path: Path) -> None:
    """Also one that cannot be read: its steps fail together."""
    asked = []
    lost, kept = await new_release(services), await new_release(services)
    for release in (lost, kept):
        for _ in range(3):
            await start_on(services, release, definitions(), pin=PIN)

    async def known(release_id: int) -> Definitions:
        asked.append(release_id)
        if release_id == lost.id:
            raise BlobMissing(digest="d" * 64)
        return definitions()

    answer = await (await hand_worker(other_services(services.database, tmp_path, known))).exchange(take=50)
    assert [offer.step_name for offer in answer.steps] == ["show"] * 3
    assert sorted(asked) == [lost.id, kept.id]


async def test_no_part_of_a_secret_stands_where_a_long_error_is_cut(services: Services, worker: HandWorker) -> None:
    job_id = await start(services, definitions(), pin=PIN)
    shown = (await worker.take())["show"]
    await worker.exchange(done(shown, exit_code=1, error=TOKEN * 10_000), take=0)
    error = await error_of(services, job_id) or ""
    assert "characters are left out" in error
    parts = {TOKEN[at : at + 4] for at in range(len(TOKEN) - 3)}
    assert not [part for part in parts if part in error]


async def test_plans_with_other_values_are_one_plan(services: Services) -> None:
    one, other = definitions(), definitions()
    other.secrets["token"] = "another"
    jobs_of = [await job_of(services, await start(services, given, pin=PIN)) for given in (one, other)]
    assert jobs_of[0].plan == jobs_of[1].plan
    worker = await hand_worker(services)
    said = {offer.input["all"].split()[0] for offer in (await worker.exchange()).steps}
    assert said == {TOKEN, "another"}


async def test_a_value_that_shows_the_marker_is_not_taken_for_a_secret(services: Services, tmp_path: Path) -> None:
    async def known(release_id: int) -> Definitions:
        return definitions()

    await start(services, definitions(), pin=PIN, plain="six •••••• dots", more={"x": "••••••"})
    worker = await hand_worker(other_services(services.database, tmp_path, known))
    job = next(iter((await worker.take()).values())).job_id
    plans = await worker.services.plans.run(lambda: read_plan(worker.services, job))
    assert plans.input["plain"] == "six •••••• dots"
    assert plans.input["more"] == {"x": "••••••"}


async def read_plan(services: Services, job_id: uuid.UUID) -> Any:
    async with services.database.read() as connection:
        return (await services.plans.of(connection, [job_id]))[job_id]
