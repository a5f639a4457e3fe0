"""Loops, blocks, fragments and contexts, from the first step of a job to its output."""

from typing import Any

import pytest

from stroem.interfaces.nodes import Edge, Node
from stroem.orchestrator.services import Services
from stroem.protocol.claim import action_of
from tests.orchestrator.conftest import HandWorker, done, errors_of, job_of, printed, start_nodes, statuses, texts
from tests.orchestrator.flows import Flows, action, then

OUTPUT = {"input": {"text": "{{ each.item }} {{ each.index }}/{{ each.total }}"}, "action": "echo"}


async def test_a_loop_runs_as_many_iterations_at_once_as_its_limit(
    services: Services, worker: HandWorker, flows: Flows
) -> None:
    loop = Node(name="deploy", kind="loop", entry=True, items=["a", "b", "c"], limit=2, output="list")
    job_id = await start_nodes(services, flows, loop, action("test", parent=0, **OUTPUT))
    claims = await worker.take()
    assert {name: action_of(claim).script for name, claim in claims.items()} == {
        "deploy[0]": "echo a 0/3",
        "deploy[1]": "echo b 1/3",
    }
    last = (await worker.follow(done(claims["deploy[1]"], {"n": 1})))["deploy[2]"]
    assert await statuses(services, job_id) == {
        "deploy": "running",
        "deploy[0]": "running",
        "deploy[1]": "completed",
        "deploy[2]": "running",
    }
    await worker.exchange(done(last, {"n": 2}), done(claims["deploy[0]"]))
    job = await job_of(services, job_id)
    assert (job.status, job.output) == ("completed", {"deploy": [None, {"n": 1}, {"n": 2}]})


async def test_a_long_loop_and_many_entries_start_at_once(services: Services, worker: HandWorker, flows: Flows) -> None:
    loop = Node(name="deploy", kind="loop", entry=True, items=[*range(600)], limit=2)
    entries = [action(f"s{number}") for number in range(600)]
    job_id = await start_nodes(services, flows, loop, action("test", parent=0, **OUTPUT), *entries)
    found = await statuses(services, job_id)
    assert len(found) == 1201
    assert sum(status == "ready" for status in found.values()) == 602


async def test_the_items_of_a_loop_come_from_a_step_and_its_output_goes_to_another(
    services: Services, worker: HandWorker, flows: Flows
) -> None:
    job_id = await start_nodes(
        services,
        flows,
        action("find", edges=then(1)),
        Node(name="each-of", kind="loop", items="{{ find.output.hosts }}", output="list", edges=then(3)),
        action("test", parent=1, **OUTPUT),
        action("report", entry=False, action="echo", input={"text": "{{ each_of.output | length }}"}),
    )
    claims = await worker.follow(done((await worker.take())["find"], {"hosts": ["x", "y"]}))
    assert {action_of(claim).script for claim in claims.values()} == {"echo x 0/2", "echo y 1/2"}
    report = await worker.follow(*(done(claim, {}) for claim in claims.values()))
    assert action_of(report["report"]).script == "echo 2"
    await worker.exchange(done(report["report"]))
    assert (await job_of(services, job_id)).status == "completed"


async def test_a_loop_without_a_list_fails_and_names_the_reason(
    services: Services, worker: HandWorker, flows: Flows
) -> None:
    loop = Node(name="deploy", kind="loop", entry=True, items="{{ input.hosts }}")
    job_id = await start_nodes(services, flows, loop, action("test", parent=0), raw_input={"hosts": "no list"})
    assert await statuses(services, job_id) == {"deploy": "failed"}
    assert (await job_of(services, job_id)).status == "failed"


async def test_a_failed_iteration_stops_a_loop_that_stops(services: Services, worker: HandWorker, flows: Flows) -> None:
    loop = Node(name="deploy", kind="loop", entry=True, items=[1, 2, 3], limit=1, stops=True)
    job_id = await start_nodes(services, flows, loop, action("test", parent=0))
    await worker.exchange(done((await worker.take())["deploy[0]"], exit_code=1))
    assert await statuses(services, job_id) == {
        "deploy": "failed",
        "deploy[0]": "failed",
        "deploy[1]": "skipped",
        "deploy[2]": "skipped",
    }
    assert (await job_of(services, job_id)).status == "failed"


async def test_rounds_go_on_while_their_output_asks_for_more(
    services: Services, worker: HandWorker, flows: Flows
) -> None:
    loop = Node(name="poll", kind="loop", entry=True, again="{{ output.more }}", output="last")
    job_id = await start_nodes(services, flows, loop, action("ask", parent=0))
    second = (await worker.follow(done((await worker.take())["poll[0]"], {"more": True})))["poll[1]"]
    await worker.exchange(done(second, {"more": False}))
    job = await job_of(services, job_id)
    assert (job.status, job.output) == ("completed", {"poll": {"more": False}})


async def test_nested_blocks_have_names_results_and_outputs_of_their_own(
    services: Services, worker: HandWorker, flows: Flows
) -> None:
    job_id = await start_nodes(
        services,
        flows,
        Node(name="outer", kind="block", entry=True),
        action("prepare", parent=0, edges=then(2)),
        Node(name="inner", kind="block", parent=0),
        action("test", parent=2, action="echo", input={"text": "{{ prepare.output.word }}"}),
    )
    inner = await worker.follow(done((await worker.take())["outer~.prepare"], {"word": "hello"}))
    claim = inner["outer~.inner~.test"]
    assert action_of(claim).script == "echo hello"
    await worker.exchange(done(claim, {"n": 1}), lines=[printed(claim, 0, "inside")])
    assert texts(await services.logs.read(job_id, step="outer~.inner~.test")) == ["inside"]
    assert await statuses(services, job_id) == {
        "outer": "completed",
        "outer~.prepare": "completed",
        "outer~.inner": "completed",
        "outer~.inner~.test": "completed",
    }
    assert (await job_of(services, job_id)).output == {"outer": {"inner": {"test": {"n": 1}}}}


async def test_a_step_in_a_block_of_a_loop_is_known_by_its_path(
    services: Services, worker: HandWorker, flows: Flows
) -> None:
    job_id = await start_nodes(
        services,
        flows,
        Node(name="deploy", kind="loop", entry=True, items=["a", "b"], output="list"),
        Node(name="host", kind="block", parent=0, entry=True),
        action("copy", parent=1, edges=then(3)),
        action("test", parent=1, entry=False, action="echo", input={"text": "{{ each.item }} {{ copy.output.at }}"}),
    )
    copies = await worker.take()
    assert set(copies) == {"deploy[0].copy", "deploy[1].copy"}
    following = await worker.follow(*(done(claim, {"at": name}) for name, claim in copies.items()))
    assert {name: action_of(claim).script for name, claim in following.items()} == {
        "deploy[0].test": "echo a deploy[0].copy",
        "deploy[1].test": "echo b deploy[1].copy",
    }
    test = following["deploy[1].test"]
    lines = [printed(following["deploy[0].test"], 0, "of a"), printed(test, 0, "of b")]
    await worker.exchange(done(test, {"n": 1}), done(following["deploy[0].test"], {"n": 0}), lines=lines)
    assert texts(await services.logs.read(job_id, step="deploy[1].test")) == ["of b"]
    assert texts(await services.logs.read(job_id)) == ["of a", "of b"]
    assert (await job_of(services, job_id)).output == {"deploy": [{"test": {"n": 0}}, {"test": {"n": 1}}]}


async def test_the_steps_of_a_loop_in_a_loop_have_names_of_their_own(
    services: Services, worker: HandWorker, flows: Flows
) -> None:
    job_id = await start_nodes(
        services,
        flows,
        Node(name="rack", kind="loop", entry=True, items=[["a", "b"], ["c"]], output="list"),
        Node(name="host", kind="loop", parent=0, entry=True, items="{{ each.item }}", output="list"),
        action("test", parent=1, **OUTPUT),
    )
    claims = await worker.take()
    assert {name: action_of(claim).script for name, claim in claims.items()} == {
        "rack[0].host[0]": "echo a 0/2",
        "rack[0].host[1]": "echo b 1/2",
        "rack[1].host[0]": "echo c 0/1",
    }
    lines = [printed(claim, 0, name) for name, claim in claims.items()]
    await worker.exchange(*(done(claim, name) for name, claim in claims.items()), lines=lines)
    assert set(await statuses(services, job_id)) == {"rack", "rack[0]", "rack[1]", *claims}
    for name in claims:
        assert texts(await services.logs.read(job_id, step=name)) == [name]
    job = await job_of(services, job_id)
    assert job.output == {"rack": [["rack[0].host[0]", "rack[0].host[1]"], ["rack[1].host[0]"]]}


@pytest.mark.parametrize(
    "name", ["rack~.host", "rack~.test", "rack[0].test", "rack[0].host", "rack[0].host[0].host[0]"]
)
async def test_a_path_that_no_step_has_finds_none(
    services: Services, worker: HandWorker, flows: Flows, name: str
) -> None:
    rack = Node(name="rack", kind="loop", entry=True, items=[["a"]])
    host = Node(name="host", kind="loop", parent=0, entry=True, items="{{ each.item }}")
    job_id = await start_nodes(services, flows, rack, host, action("test", parent=1))
    async with services.database.read() as connection:
        assert not await services.names.find(connection, [(job_id, name)])


async def test_a_failure_in_a_block_fails_it_and_what_is_behind_it_is_skipped(
    services: Services, worker: HandWorker, flows: Flows
) -> None:
    job_id = await start_nodes(
        services,
        flows,
        Node(name="try", kind="block", entry=True, edges=(Edge(to=2), Edge(to=3, on=("failed",), handles=True))),
        action("risk", parent=0),
        action("after", entry=False),
        action("mend", entry=False, join="each"),
    )
    mend = await worker.follow(done((await worker.take())["try~.risk"], exit_code=1))
    await worker.exchange(done(mend["mend"]))
    assert await statuses(services, job_id) == {
        "try": "failed",
        "try~.risk": "failed",
        "after": "skipped",
        "mend": "completed",
    }
    assert (await job_of(services, job_id)).status == "completed"


MACHINE = (
    action("check", join="each", edges=then(1), writes={"seen": "{{ output.state }}"}),
    Node(
        name="decide",
        kind="choice",
        join="each",
        edges=(Edge(to=2, test="{{ seen == 'up' }}"), Edge(to=0)),
    ),
    Node(name="tell", join="each", action="echo", input={"text": "it is {{ seen }}"}),
)


async def test_a_state_machine_goes_back_and_its_steps_read_the_context(
    services: Services, worker: HandWorker, flows: Flows
) -> None:
    job_id = await start_nodes(services, flows, *MACHINE, output="last")
    again = await worker.follow(done((await worker.take())["check"], {"state": "down"}))
    assert set(again) == {"check~2"}
    lines = [printed(again["check~2"], 0, "second visit")]
    told = await worker.follow()
    assert not told
    end = (await worker.exchange(done(again["check~2"], {"state": "up"}), lines=lines)).steps or ()
    assert [action_of(claim).script for claim in end] == ["echo it is up"]
    await worker.exchange(done(end[0], {"told": True}))
    assert await statuses(services, job_id) == {
        "check": "completed",
        "check~2": "completed",
        "decide": "completed",
        "decide~2": "completed",
        "tell": "completed",
    }
    assert texts(await services.logs.read(job_id, step="check~2")) == ["second visit"]
    job = await job_of(services, job_id)
    assert (job.status, job.output, job.context) == ("completed", {"told": True}, {"seen": "up"})


async def test_a_job_of_more_steps_than_its_plan_allows_fails(
    services: Services, worker: HandWorker, flows: Flows
) -> None:
    job_id = await start_nodes(services, flows, *MACHINE, max_steps=3)
    again = await worker.follow(done((await worker.take())["check"], {"state": "down"}))
    assert (await job_of(services, job_id)).status == "running"
    await worker.exchange(done(again["check~2"], {"state": "down"}))
    job = await job_of(services, job_id)
    assert (job.status, job.error) == ("failed", "The job has more than 3 steps")


FRAGMENT: dict[str, Any] = {
    "nodes": [
        {"name": "one", "entry": True, "action": "say", "input": {"text": "1"}, "edges": [{"to": 1}]},
        {"name": "two", "action": "echo", "input": {"text": "{{ one.output.n + 1 }}"}},
    ],
    "actions": {"say": {"type": "script", "script": "say {{ input.text }}"}},
}


async def test_a_block_opens_a_plan_that_a_step_made(services: Services, worker: HandWorker, flows: Flows) -> None:
    job_id = await start_nodes(
        services,
        flows,
        action("plan", edges=then(1)),
        Node(name="run", kind="block", fragment="{{ plan.output }}", edges=then(2)),
        action("report", entry=False, action="echo", input={"text": "{{ run.output.two.n }}"}),
    )
    one = (await worker.follow(done((await worker.take())["plan"], FRAGMENT)))["run~.one"]
    assert action_of(one).script == "say 1"
    two = (await worker.follow(done(one, {"n": 1})))["run~.two"]
    assert action_of(two).script == "echo 2"
    report = (
        await worker.follow(
            done(two, {"n": 2}),
        )
    )["report"]
    assert action_of(report).script == "echo 2"
    await worker.exchange(done(report))
    assert await statuses(services, job_id) == {
        "plan": "completed",
        "run": "completed",
        "run~.one": "completed",
        "run~.two": "completed",
        "report": "completed",
    }


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        ("no plan", "a plan made at run time is not valid"),
        ({"nodes": [{"name": "x", "action": "unknown"}]}, "unknown"),
        ({"nodes": [{"name": "x", "action": "true", "edges": [{"to": 7}]}]}, "leads to no node beside it"),
    ],
)
async def test_a_plan_that_cannot_run_fails_its_block(
    services: Services, worker: HandWorker, flows: Flows, document: Any, reason: str
) -> None:
    job_id = await start_nodes(
        services, flows, action("plan", edges=then(1)), Node(name="run", kind="block", fragment="{{ plan.output }}")
    )
    await worker.exchange(done((await worker.take())["plan"], document))
    assert await statuses(services, job_id) == {"plan": "completed", "run": "failed"}
    assert (await job_of(services, job_id)).status == "failed"
    assert reason in str(await errors_of(services, job_id))


async def test_an_action_of_a_fragment_may_need_another_ability(
    services: Services, worker: HandWorker, flows: Flows
) -> None:
    """No server has stored this need before."""
    boxed = {"type": "docker", "image": "busybox", "tags": ["gpu"]}
    document = {"nodes": [{"name": "x", "entry": True, "action": "boxed"}], "actions": {"boxed": boxed}}
    await start_nodes(
        services, flows, action("plan", edges=then(1)), Node(name="run", kind="block", fragment="{{ plan.output }}")
    )
    assert not await worker.follow(done((await worker.take())["plan"], document))
    assert not (await worker.exchange(capabilities=("docker",))).steps
    (claim,) = (await worker.exchange(capabilities=("docker",), tags=("gpu",))).steps or ()
    assert claim.step_name == "run~.x"
