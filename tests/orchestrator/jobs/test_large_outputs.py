"""Outputs over a megabyte: in the blob store, read when a template reads them, forgotten with their secrets."""

import uuid
from typing import Any

import orjson
import pytest

from stroem.definitions.action import Action
from stroem.definitions.field import InputField, OutputField
from stroem.definitions.task import Step, Task
from stroem.definitions.values import Json
from stroem.definitions.workspace import Definitions
from stroem.orchestrator.services import Services
from stroem.protocol.claim import action_of
from stroem.records.large_output import KEY
from stroem.redaction.redactor import Redactor
from stroem.store import blob_garbage
from stroem.store.jobs import step_queries
from stroem.store.statement import fetch
from tests.orchestrator.conftest import (
    HandWorker,
    done,
    job_of,
    new_release,
    printed,
    start,
    start_nodes,
    start_on,
    statuses,
    texts,
    workspace,
)
from tests.orchestrator.flows import Flows, action, then
from tests.support.stored_text import columns_with

LARGE = "x" * 1_500_000
PIN = "pin-of-someone-42"
COUNT = Action(type="script", script="count {{ make.output.text | length }} {{ make.output.n }}")
STATUS = Action(type="script", script="tell {{ make.status }}")


async def outputs_of(services: Services, job_id: uuid.UUID) -> list[Any]:
    """The outputs of the steps as their rows have them."""
    async with services.database.read() as connection:
        return [row.output for row in await step_queries.list_steps(connection, job_id)]


async def rows_of(services: Services, job_id: uuid.UUID) -> list[tuple[bool, int, bool]]:
    """Of each large output of a job: whether it is secret, its size, and whether it stands in its row."""
    async with services.database.read() as connection:
        rows = await fetch(
            connection,
            "SELECT secret, size, body IS NOT NULL FROM large_outputs WHERE job_id = %s ORDER BY secret",
            (job_id,),
        )
    return [(row[0], row[1], row[2]) for row in rows]


async def shown(services: Services, job_id: uuid.UUID, value: Json, *secrets: str) -> Json:
    """An output as a person gets it."""
    pieces = [piece async for piece in services.outputs.pieces(job_id, value, Redactor(secrets))]
    return orjson.loads(b"".join(pieces))


async def test_a_large_output_is_a_reference_that_later_steps_read_through(
    services: Services, worker: HandWorker, flows: Flows
) -> None:
    job_id = await start_nodes(
        services,
        flows,
        action("make", edges=(*then(1), *then(2))),
        action("count", entry=False, action="count"),
        action("tell", entry=False, action="tell"),
        actions={"count": COUNT, "tell": STATUS},
    )
    output = {"text": LARGE, "n": 7}
    claims = await worker.follow(done((await worker.take())["make"], output))
    assert action_of(claims["count"]).script == f"count {len(LARGE)} 7"
    assert action_of(claims["tell"]).script == "tell completed"
    (stored, *_) = await outputs_of(services, job_id)
    size = len(orjson.dumps(output))
    assert stored[KEY]["size"] == size
    assert orjson.loads(await services.blobs.get(stored[KEY]["digest"])) == output
    assert await rows_of(services, job_id) == [(False, size, False)]
    assert await shown(services, job_id, stored) == output
    assert await shown(services, job_id, stored, LARGE[:50]) != output


async def test_a_step_that_does_not_read_the_output_does_not_load_it(
    services: Services, worker: HandWorker, flows: Flows
) -> None:
    tell = action("tell", entry=False, action="tell")
    job_id = await start_nodes(services, flows, action("make", edges=then(1)), tell, actions={"tell": STATUS})
    await worker.exchange(done((await worker.take())["make"], LARGE), take=0)
    await services.blobs.delete_many([(await outputs_of(services, job_id))[0][KEY]["digest"]])
    assert action_of((await worker.take())["tell"]).script == "tell completed"


async def test_a_step_that_reads_a_lost_output_fails_alone(
    services: Services, worker: HandWorker, flows: Flows
) -> None:
    nodes = (
        action("make", edges=(*then(1), *then(2))),
        action("count", entry=False, action="count"),
        action("tell", entry=False, action="tell"),
    )
    job_id = await start_nodes(services, flows, *nodes, actions={"count": COUNT, "tell": STATUS})
    await worker.exchange(done((await worker.take())["make"], {"text": LARGE}), take=0)
    await services.blobs.delete_many([(await outputs_of(services, job_id))[0][KEY]["digest"]])
    assert set(await worker.take()) == {"tell"}
    assert await statuses(services, job_id) == {"make": "completed", "count": "failed", "tell": "running"}


async def test_conditions_and_loops_read_large_outputs(services: Services, worker: HandWorker) -> None:
    task = Task(
        flow={
            "make": Step(action="true"),
            "each": Step(
                action="echo", depends_on=("make",), for_each="make.output", input={"text": "{{ each.item.n }}"}
            ),
            "check": Step(action="true", depends_on=("make",), when="make.output | length == 3"),
            "skip": Step(action="true", depends_on=("make",), when="make.output | length == 4"),
        }
    )
    echo = Action(type="script", script="echo {{ input.text }}")
    job_id = await start(services, workspace(task, echo=echo))
    items = [{"n": n, "text": "y" * 600_000} for n in range(3)]
    claims = await worker.follow(done((await worker.take())["make"], items))
    assert {name: action_of(claim).script for name, claim in claims.items()} == {
        "check": "true",
        **{f"each[{n}]": f"echo {n}" for n in range(3)},
    }
    assert (await statuses(services, job_id))["skip"] == "skipped"


async def test_the_output_with_its_secrets_lives_until_the_end_of_the_job(
    services: Services, worker: HandWorker, flows: Flows
) -> None:
    use = Action(type="script", script="use {{ make.output.pin }} {{ make.output.text | length }}")
    job_id = await start_nodes(
        services,
        flows,
        action("make", action="pin", edges=then(1)),
        action("use", entry=False, action="use"),
        actions={"use": use, "pin": Action(type="script", script="pin {{ input.pin }}")},
        input={"pin": InputField(secret=True)},
        raw_input={"pin": PIN},
    )
    claims = await worker.follow(done((await worker.take())["make"], {"text": LARGE, "pin": PIN}))
    assert action_of(claims["use"]).script == f"use {PIN} {len(LARGE)}"
    (stored, *_) = await outputs_of(services, job_id)
    assert [(secret, in_row) for secret, _, in_row in await rows_of(services, job_id)] == [(False, False), (True, True)]
    assert PIN.encode() not in await services.blobs.get(stored[KEY]["digest"])
    assert await shown(services, job_id, stored) == {"text": LARGE, "pin": "••••••"}
    await worker.exchange(done(claims["use"]))
    assert (await job_of(services, job_id)).status == "completed"
    assert [secret for secret, _, _ in await rows_of(services, job_id)] == [False]


async def test_a_secret_in_a_large_output_is_masked_in_later_logs(services: Services, worker: HandWorker) -> None:
    task = Task(flow={"login": Step(action="login"), "use": Step(action="use", depends_on=("login",))})
    login = Action(type="script", script="login", output={"token": OutputField(secret=True)})
    use = Action(type="script", script="use {{ login.output.token }}")
    job_id = await start(services, workspace(task, login=login, use=use))
    claims = await worker.follow(done((await worker.take())["login"], {"token": PIN, "text": LARGE}))
    assert action_of(claims["use"]).script == f"use {PIN}"
    await worker.exchange(done(claims["use"], {"said": PIN}), lines=[printed(claims["use"], 0, f"it is {PIN}")])
    assert texts(await services.logs.read(job_id)) == ["it is ••••••"]
    (stored, said) = await outputs_of(services, job_id)
    assert said == {"said": "••••••"}
    assert await shown(services, job_id, stored) == {"token": "••••••", "text": LARGE}
    assert await columns_with(services.database, PIN) == set()


async def test_a_large_secret_output_masks_all_texts_of_its_job(services: Services, worker: HandWorker) -> None:
    task = Task(flow={"login": Step(action="login"), "use": Step(action="use", depends_on=("login",))})
    login = Action(type="script", script="login", output={"token": OutputField(secret=True)})
    use = Action(type="script", script="use {{ login.output.token | length }}")
    job_id = await start(services, workspace(task, login=login, use=use))
    claims = await worker.follow(done((await worker.take())["login"], {"token": LARGE}))
    assert action_of(claims["use"]).script == f"use {len(LARGE)}"
    await worker.exchange(done(claims["use"], {"said": LARGE[9:]}), lines=[printed(claims["use"], 0, LARGE[:99])])
    assert (await job_of(services, job_id)).status == "completed"
    assert texts(await services.logs.read(job_id)) == ["••••••"]
    assert await columns_with(services.database, LARGE[:50]) == set()


async def test_a_loop_refers_to_the_outputs_of_its_iterations(services: Services, worker: HandWorker) -> None:
    task = Task(
        flow={
            "each": Step(action="true", for_each=["a", "b", "c", "d"]),
            "sum": Step(action="sum", depends_on=("each",)),
        }
    )
    total = Action(type="script", script="{% for one in each.output %}{{ one.text | length }} {% endfor %}")
    job_id = await start(services, workspace(task, sum=total))
    sizes = (700_000, 700_000, 2_000_000, 5)
    claims = await worker.take()
    for number, size in enumerate(sizes):
        await worker.exchange(done(claims[f"each[{number}]"], {"text": "z" * size}), take=0)
    assert action_of((await worker.take())["sum"]).script == "700000 700000 2000000 5 "
    (collected, *_) = await outputs_of(services, job_id)
    assert len(orjson.dumps(collected)) < 1000
    assert [next(iter(one)) for one in collected] == [KEY, KEY, "text" if KEY not in collected[2] else KEY, "text"]
    assert await shown(services, job_id, collected) == [{"text": "z" * size} for size in sizes]


async def test_the_output_of_a_job_goes_to_the_job_that_started_it(
    services: Services, worker: HandWorker, flows: Flows
) -> None:
    call = Action(type="task", task="child")
    count = Action(type="script", script="count {{ call.output.say.text | length }} {{ call.output.tell | length }}")
    task = Task(flow={"call": Step(action="call"), "count": Step(action="count", depends_on=("call",))})
    child = Task(flow={"say": Step(action="true"), "tell": Step(action="true")})
    definitions = workspace(task, call=call, count=count)
    definitions = Definitions(tasks={**definitions.tasks, "child": child}, actions=definitions.actions)
    release = await new_release(services)
    flows.definitions[release.id] = definitions
    job_id = await start_on(services, release, definitions)
    claims = await worker.take()
    await worker.exchange(done(claims["say"], {"text": LARGE}), take=0)
    await worker.exchange(done(claims["tell"], "w" * 1_000_000), take=0)
    await services.job_loop.run_once()
    last = (await worker.take())["count"]
    assert action_of(last).script == f"count {len(LARGE)} 1000000"
    await worker.exchange(done(last, {"ok": True}))
    assert (await job_of(services, job_id)).output == {"count": {"ok": True}}
    (of_call, _) = await outputs_of(services, job_id)
    assert await shown(services, job_id, of_call) == {"say": {"text": LARGE}, "tell": "w" * 1_000_000}


async def test_what_looks_like_a_reference_is_refused(services: Services, worker: HandWorker, flows: Flows) -> None:
    job_id = await start_nodes(services, flows, action("a"))
    await worker.exchange(done((await worker.take())["a"], {"x": [{KEY: {"digest": "0" * 64, "size": 1}}]}))
    async with services.database.read() as connection:
        (step,) = await step_queries.list_steps(connection, job_id)
    assert step.error == "The output cannot be kept: the key '$large_output' is reserved"
    assert step.error_kind == "output"


async def test_a_job_reads_large_outputs_of_no_other_job(services: Services, worker: HandWorker, flows: Flows) -> None:
    other = await start_nodes(services, flows, action("a"))
    await worker.exchange(done((await worker.take())["a"], LARGE), take=0)
    (stored,) = await outputs_of(services, other)
    own = await start_nodes(services, flows, action("a"))
    of_step = {KEY: {"job": str(other), "step": 1, "size": 5}}
    async with services.database.read() as connection:
        for forged in (stored, of_step):
            assert await services.outputs.filled(connection, own, "t", forged) == forged
            assert await shown(services, own, forged) == forged


async def test_an_output_stays_in_its_row_while_the_blob_store_is_away(
    services: Services, worker: HandWorker, flows: Flows, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def put(data: bytes) -> str:
        raise OSError("the store is away")

    monkeypatch.setattr(services.blobs, "put", put)
    job_id = await start_nodes(services, flows, action("a"), action("b"))
    claims = await worker.take()
    await worker.exchange(done(claims["a"], LARGE), done(claims["b"], {"n": 1}))
    assert await outputs_of(services, job_id) == [LARGE, {"n": 1}]
    assert (await job_of(services, job_id)).status == "completed"


async def test_blobs_of_outputs_are_kept_as_long_as_rows_refer_to_them(
    services: Services, worker: HandWorker, flows: Flows
) -> None:
    job_id = await start_nodes(services, flows, action("a"))
    await worker.exchange(done((await worker.take())["a"], LARGE))
    digest = (await outputs_of(services, job_id))[0][KEY]["digest"]
    orphan = await services.blobs.put(b"nobody refers to this")
    async with services.database.begin() as connection:
        assert await blob_garbage.needed_by_rows(connection, [digest, orphan]) == {digest}
        rows = await fetch(connection, "SELECT digest FROM blob_candidates")
    assert [row[0] for row in rows] == [digest], "it is looked at again, in case that its row is gone then"
