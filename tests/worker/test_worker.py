"""A worker with its server: steps run, and what becomes of them is known."""

import asyncio
import itertools
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from stroem import errors
from stroem.definitions.backoff import Backoff
from stroem.worker.worker import Worker
from tests.support.process import is_alive
from tests.support.wait import eventually


async def test_a_step_runs(site: Any, server: Any) -> None:
    async with site.worker():
        key = server.offer("echo hello; echo 'OUTPUT: {\"n\": 1}'; echo warn >&2")
        outcome = await server.outcome(key)
    assert outcome["exit_code"] == 0
    assert outcome["output"] == {"n": 1}
    assert "error" not in outcome
    assert server.lines(key, "stdout") == ["hello", 'OUTPUT: {"n": 1}']
    assert server.lines(key, "stderr") == ["warn"]
    assert server.lines_before_outcome[key] == 3


async def test_an_output_that_is_not_kept_fails_the_step_and_its_log_says_why(site: Any, server: Any) -> None:
    server.output_bytes = 2000
    async with site.worker():
        large = server.offer("echo OUTPUT: 1; echo 'OUTPUT: \"'$(head -c 3000 /dev/zero | tr '\\0' x)'\"'")
        nul = server.offer('echo OUTPUT: 1; printf \'OUTPUT: {"v": "\\\\u0000"}\\n\'; exit 3')
        outcomes = [await server.outcome(key) for key in (large, nul)]
    assert [outcome["exit_code"] for outcome in outcomes] == [0, 3]
    assert not any("output" in outcome for outcome in outcomes)
    assert outcomes[0]["error"] == "The output has 3,002 bytes; at most 2,000 are kept (limits.output)"
    assert outcomes[1]["error"].startswith("Exit code: 3")
    assert outcomes[1]["error"].endswith("\nThe output cannot be kept: v: holds the character NUL")
    assert server.lines(large, "stderr") == [outcomes[0]["error"]]
    assert server.lines(nul, "stderr") == ["The output cannot be kept: v: holds the character NUL"]


@pytest.mark.parametrize(
    ("spec", "error"),
    [
        ({"env": {"": "x"}}, "env: the name of a variable is empty."),
        ({"env": {"A=B": "x"}}, "env: the name of a variable holds =."),
        ({"env": {"A\0": "x"}}, "env: the name of a variable holds NUL."),
        ({"env": {"A": "x\0"}}, "env.A holds the character NUL."),
        ({"args": ["x\0"]}, "args holds the character NUL."),
        ({"script": "echo \0"}, "script holds the character NUL."),
    ],
)
async def test_what_no_process_can_be_given(site: Any, server: Any, spec: dict[str, Any], error: str) -> None:
    async with site.worker():
        outcome = await server.outcome(server.offer("true", spec=spec))
    assert outcome["error"] == error


async def test_a_line_that_looks_like_output_is_remarked_upon_in_the_log(site: Any, server: Any) -> None:
    async with site.worker():
        key = server.offer("printf 'part' >&2; printf '50%%\\rOUTPUT: 2\\n'; echo ' of a line' >&2; echo OUTPUT: 1")
        outcome = await server.outcome(key)
    assert outcome["output"] == 1
    assert any("a carriage return stands before OUTPUT:" in line for line in server.lines(key, "stderr"))
    assert "part of a line" in server.lines(key, "stderr")


async def test_a_failed_step_without_stderr_has_no_stderr_in_its_error(site: Any, server: Any) -> None:
    async with site.worker():
        assert (await server.outcome(server.offer("exit 3")))["error"] == "Exit code: 3"


async def test_a_failed_step_says_why(site: Any, server: Any) -> None:
    async with site.worker():
        key = server.offer("head -c 5000 /dev/zero | tr '\\0' a >&2; echo the end >&2; exit 3")
        outcome = await server.outcome(key)
    assert outcome["exit_code"] == 3
    head, _, tail = outcome["error"].partition("\nStderr: ")
    assert head == "Exit code: 3"
    assert tail.endswith("athe end\n")
    assert len(tail) == 4096


async def test_a_step_that_a_signal_ended_names_it(site: Any, server: Any) -> None:
    async with site.worker():
        direct, shell = server.offer("kill -SEGV $$"), server.offer("sh -c 'kill -KILL $$'; exit $?")
        assert (await server.outcome(direct))["error"].startswith("Exit code: -11 (SIGSEGV: ")
        assert (await server.outcome(shell))["error"].startswith("Exit code: 137 (as a shell reports SIGKILL: ")


async def test_a_line_without_an_end_shows_while_the_step_is_silent(site: Any, server: Any) -> None:
    gate = site.directory.parent / "gate"
    script = f"echo first; printf 'Continue?'; while [ ! -e {gate} ]; do sleep 0.01; done; echo; echo last"
    async with site.worker():
        key = server.offer(script)
        await server.until(lambda: server.lines(key, "stdout") == ["first", "Continue?"])
        gate.touch()
        await server.outcome(key)
    assert server.lines(key, "stdout") == ["first", "Continue?", "last"]


async def test_progress_shows_while_it_goes_on(site: Any, server: Any) -> None:
    gate = site.directory.parent / "gate"
    script = f"n=0; while [ ! -e {gate} ]; do n=$((n+1)); printf '\\r%d' $n; sleep 0.01; done; printf '\\rall\\n'"
    async with site.worker():
        key = server.offer(script)
        await server.until(lambda: len(server.lines(key, "stdout")) == 2)
        gate.touch()
        await server.outcome(key)
    first, second, *more, last = server.lines(key, "stdout")
    assert 0 < int(first) < int(second)
    assert last == "all"
    assert len(more) < 20


async def test_an_output_that_is_shown_in_parts_is_taken_whole(site: Any, server: Any) -> None:
    gate = site.directory.parent / "gate"
    script = f"printf 'OUTPUT: {{\"n\":'; while [ ! -e {gate} ]; do sleep 0.01; done; echo ' 1}}'"
    async with site.worker():
        key = server.offer(script)
        await server.until(lambda: server.lines(key, "stdout") == ['OUTPUT: {"n":'])
        gate.touch()
        outcome = await server.outcome(key)
    assert outcome["output"] == {"n": 1}
    assert server.lines(key, "stdout") == ['OUTPUT: {"n":', " 1}"]


async def test_the_environment_of_a_step(site: Any, server: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STROEM__WORKER_TOKEN", "secret")
    async with site.worker():
        key = server.offer(
            "env | grep -E '^(STROEM|OWN)' | sort; pwd", spec={"env": {"OWN": "value"}}, step_name="a-b[0]"
        )
        await server.outcome(key)
    *variables, directory = server.lines(key)
    output = next(one for one in variables if one.startswith("STROEM_OUTPUT=")).partition("=")[2]
    variables.remove(f"STROEM_OUTPUT={output}")
    assert variables == [
        "OWN=value",
        f"STROEM_JOB_ID={key[0]}",
        "STROEM_STEP_NAME=a-b[0]",
        "STROEM_TASK_NAME=task",
        "STROEM_WORKSPACE=w",
    ]
    assert Path(directory).is_relative_to(site.directory)
    assert not Path(directory).exists()
    assert Path(output).is_relative_to(site.directory)


async def test_no_more_steps_run_than_there_are_slots(site: Any, server: Any) -> None:
    gate, marks = site.directory.parent / "gate", site.directory.parent / "marks"
    async with site.worker(max_concurrent=2):
        script = f"echo + >> {marks}; while [ ! -e {gate} ]; do sleep 0.01; done; echo - >> {marks}"
        keys = [server.offer(script) for _ in range(12)]
        await server.until(lambda: len(server.leased) == 2 and server.requests[-1]["max_steps"] == 0)
        await eventually(lambda: marks.exists() and marks.read_text().count("+") == 2, "two steps run")
        gate.touch()
        for key in keys:
            await server.outcome(key)
    running = itertools.accumulate(1 if mark == "+" else -1 for mark in marks.read_text().split())
    assert max(running) == 2


async def test_outcomes_travel_together_when_many_end_at_once(site: Any, server: Any) -> None:
    async with site.worker(max_concurrent=8):
        keys = [server.offer("true") for _ in range(80)]
        for key in keys:
            await server.outcome(key)
    assert sum(bool(request["outcomes"]) for request in server.requests) < 80


async def test_a_cancel_ends_the_attempt_that_it_names(site: Any, server: Any) -> None:
    """A worker that was away too long may have two of one step."""
    gate = site.directory.parent / "gate"
    script = f"echo $$; while [ ! -e {gate} ]; do sleep 0.01; done"
    async with site.worker():
        lost = server.offer(script)
        following = server.offer(script, job_id=lost[0], attempt=2)
        await server.until(lambda: server.lines(lost) and server.lines(following))
        server.cancel(lost)
        assert (await server.outcome(lost))["cancelled"]
        gate.touch()
        assert (await server.outcome(following))["exit_code"] == 0


async def test_a_cancel_reaches_a_busy_worker_at_once(site: Any, server: Any) -> None:
    async with site.worker(max_concurrent=1):
        key = server.offer("echo started; sleep 60 & wait")
        await server.until(lambda: server.lines(key) == ["started"] and server.requests[-1]["max_steps"] == 0)
        server.cancel(key)
        outcome = await asyncio.wait_for(server.outcome(key), 60)
    assert outcome["cancelled"] is True
    assert outcome["error"] == "Job cancelled"


async def test_a_step_that_takes_too_long_is_ended(site: Any, server: Any) -> None:
    async with site.worker():
        key = server.offer("sleep 60", timeout_secs=0.2)
        outcome = await server.outcome(key)
    assert outcome["timed_out"] is True
    assert outcome["error"] == "Step timed out after 0.2s"
    assert outcome["exit_code"] == -1


async def test_a_lost_lease_ends_the_step(site: Any, server: Any) -> None:
    async with site.worker(max_concurrent=1):
        key = server.offer("echo $$; yes")
        await server.until(lambda: server.lines(key))
        server.lost.add(key)
        await server.outcome(server.offer("true"))
        assert not is_alive(int(server.lines(key)[0]))
    assert key not in server.outcomes


async def test_unusable_claims_are_reported(site: Any, server: Any) -> None:
    async with site.worker():
        broken = server.offer("true", spec={"args": 5})
        nowhere = server.offer("true", runner="moon")
        missing = server.offer(spec={"source": "gone.sh"})
        outside = server.offer(spec={"source": "../../x"})
        unknown = server.offer("true", revision="r0")
        errors_of = [(await server.outcome(key))["error"] for key in (broken, nowhere, missing, outside, unknown)]
    assert "args" in errors_of[0]
    assert "no runner 'moon'; it offers local" in errors_of[1]
    assert "gone.sh" in errors_of[2]
    assert "leads out" in errors_of[3]
    assert errors_of[4].startswith("Failed to download workspace: w at revision r0")
    assert "no longer available" in server.lines(unknown, "stderr")[0]


async def test_a_script_of_a_library_is_found_in_its_folder(site: Any, server: Any, tarball: Any) -> None:
    server.tarballs["w", "r1"] = tarball({"_libraries/lib/run.sh": b"echo from lib", "run.sh": b"echo from workspace"})
    async with site.worker():
        lib = server.offer(spec={"source": "run.sh"}, action_name="lib.run")
        own = server.offer(spec={"source": "run.sh"}, action_name="other.run")
        await server.outcome(lib)
        await server.outcome(own)
    assert server.lines(lib) == ["from lib"]
    assert server.lines(own) == ["from workspace"]


async def test_draining_waits_for_steps_and_claims_no_more(site: Any, server: Any) -> None:
    worker = Worker(site.settings(), site.registry)
    running = asyncio.create_task(worker.run())
    gate = site.directory.parent / "gate"
    key = server.offer(f"echo started; while [ ! -e {gate} ]; do sleep 0.01; done; echo over")
    await server.until(lambda: server.lines(key) == ["started"])
    worker.drain()
    await server.until(lambda: server.requests[-1]["max_steps"] == 0)
    server.offer("true")
    gate.touch()
    await asyncio.wait_for(running, 60)
    assert server.outcomes[key]["exit_code"] == 0
    assert server.lines(key) == ["started", "over"]
    assert len(server.offered) == 1


async def test_draining_ends_steps_whose_time_is_up(site: Any, server: Any) -> None:
    worker = Worker(site.settings(drain_timeout_secs=0.2), site.registry)
    running = asyncio.create_task(worker.run())
    key = server.offer("echo started; sleep 60")
    await server.until(lambda: server.lines(key) == ["started"])
    worker.drain()
    await asyncio.wait_for(running, 60)
    assert "shut down" in server.outcomes[key]["error"]
    assert "cancelled" not in server.outcomes[key]


async def test_a_worker_that_the_server_drains_ends_once_it_is_idle(site: Any, server: Any) -> None:
    server.lease_secs = 0.3
    running = asyncio.create_task(Worker(site.settings(drain_timeout_secs=0.2), site.registry).run())
    gate = site.directory.parent / "gate"
    key = server.offer(f"echo started; while [ ! -e {gate} ]; do sleep 0.01; done")
    await server.until(lambda: server.lines(key) == ["started"])
    server.wants_drain, before = True, server.heartbeats
    await server.until(lambda: server.heartbeats >= before + 3)
    assert not running.done()
    gate.touch()
    await asyncio.wait_for(running, 60)
    assert server.outcomes[key]["exit_code"] == 0


async def test_a_worker_can_be_drained_before_the_server_is_there(site: Any, server: Any) -> None:
    await server.stop()
    worker = Worker(site.settings(), site.registry)
    running = asyncio.create_task(worker.run())
    await asyncio.sleep(0)
    worker.drain()
    await asyncio.wait_for(running, 60)


async def test_the_next_run_names_the_last(site: Any, server: Any) -> None:
    for _ in range(2):
        async with site.worker():
            await server.outcome(server.offer("true"))
    first, second = server.registrations
    assert "worker_id" not in first
    assert second["worker_id"] == server.worker_ids[0]
    assert second["capabilities"] == ["script"]


async def test_a_wrong_token_is_fatal(site: Any, server: Any) -> None:
    server.refuse = lambda path, body: web.json_response({"error": "Invalid worker token"}, status=401)
    with pytest.raises(errors.WorkerRefused, match="Invalid worker token"):
        await asyncio.wait_for(Worker(site.settings(), site.registry).run(), 60)


async def test_a_server_that_is_starting_is_waited_for(site: Any, server: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stroem.worker.exchange.registration.BACKOFF", Backoff(first_secs=0.05, longest_secs=0.05))
    answers = [web.json_response({"error": "starting"}, status=503) for _ in range(3)]
    server.refuse = lambda path, body: answers.pop() if answers else None
    async with site.worker():
        await server.outcome(server.offer("true"))
    assert not answers


async def test_an_unknown_worker_registers_again(site: Any, server: Any) -> None:
    async with site.worker():
        held = server.offer("echo started; sleep 60")
        await server.until(lambda: server.lines(held) == ["started"])
        forget = [True]
        server.refuse = lambda path, body: (
            web.json_response({"error": "unknown worker"}, status=404) if path == "claim" and forget.pop() else None
        )
        forget.insert(0, False)
        server.release()
        await server.until(lambda: len(server.registrations) == 2)
        server.refuse = lambda path, body: None
        assert "worker_id" not in server.registrations[1]
        await server.outcome(server.offer("true"))
        assert server.requests[-1]["worker_id"] == server.worker_ids[1]
    assert held not in server.outcomes


async def test_heartbeats_come_three_times_a_lease(site: Any, server: Any) -> None:
    server.lease_secs = 0.3
    async with site.worker():
        await server.until(lambda: server.heartbeats >= 3, 5)


async def test_two_workers_may_not_share_a_directory(site: Any, server: Any) -> None:
    async with site.worker():
        await server.outcome(server.offer("true"))
        with pytest.raises(errors.SettingsError, match="another worker of this name"):
            await Worker(site.settings(), site.registry).run()


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        (
            {"capabilities": ("script", "agent")},
            "no loaded runner offers 'agent'; loaded runners offer docker, kubernetes, script",
        ),
        ({"runners": {"lokal": {}}}, "runners.lokal: there is no such runner; loaded: docker, local, pod"),
        (
            {"runners": {"local": {"pass_envs": []}}},
            "runners.local.pass_envs: is not a known key; did you mean 'pass_env'?",
        ),
        ({"runners": {"local": {"pass_env": "AWS_*"}}}, "runners.local.pass_env: expected a list, found a text"),
        (
            {"capabilities": ("docker",), "runners": {"docker": {"memory": "2GB"}}},
            "runners.docker.memory: '2GB' is no size such as 512Mi, 2Gi or 2G",
        ),
        (
            {
                "capabilities": ("docker",),
                "runners": {"docker": {"pool": [{"image": "x", "resources": {"shm": "1x"}}]}},
            },
            r"runners.docker.pool\[0\]: `resources.shm`: '1x' is no size such as",
        ),
    ],
)
def test_settings_that_no_plugin_can_serve(site: Any, changes: dict[str, Any], problem: str) -> None:
    with pytest.raises(errors.SettingsError, match=problem):
        Worker(site.settings(**changes), site.registry)


async def test_abilities_may_have_their_older_name(site: Any, server: Any) -> None:
    async with site.worker(capabilities=("shell",)):
        await server.outcome(server.offer("true"))
    assert server.registrations[0]["capabilities"] == ["script"]


async def test_what_a_killed_worker_left_is_ended(site: Any, server: Any) -> None:
    script = Path(__file__).with_name("run_worker.py")
    process = subprocess.Popen([sys.executable, script, server.url, site.directory])
    key = server.offer("sh -c 'sleep 60' & echo $! $$; wait")
    await server.until(lambda: server.lines(key))
    process.send_signal(signal.SIGKILL)
    process.wait()
    pids = [int(pid) for pid in server.lines(key)[0].split()]
    assert all(Path(f"/proc/{pid}").exists() for pid in pids)
    async with site.worker():
        await server.until(lambda: len(server.registrations) == 2)
        assert not any(is_alive(pid) for pid in pids)
        assert list((site.directory / "tester" / "steps").iterdir()) == []
    assert server.registrations[1]["worker_id"] == server.worker_ids[0]


class StubbornRunner:
    """A runner that does not end its step when it is asked to."""

    name = "stubborn"
    ability = "stubbornness"
    Options = None

    released = asyncio.Event()

    async def run(self, order: Any, output: Any) -> int:
        await output.write("stdout", b"started\n")
        while not self.released.is_set():
            try:
                await self.released.wait()
            except asyncio.CancelledError:
                continue
        return 0


async def test_a_runner_that_ends_nothing_does_not_hold_the_worker(
    site: Any, server: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stroem.worker.steps.in_flight_steps.END_MARGIN_SECS", 0.1)
    monkeypatch.setitem(site.registry.runners, "stubborn", StubbornRunner)
    settings = site.settings(capabilities=("stubbornness",), cancel_grace_secs=0.1, drain_timeout_secs=0.1)
    worker = Worker(settings, site.registry)
    running = asyncio.create_task(worker.run())
    key = server.offer("never", runner="stubborn")
    await server.until(lambda: server.lines(key) == ["started"])
    worker.drain()
    await asyncio.wait({running}, timeout=10)
    StubbornRunner.released.set()
    await running
    assert "shut down" in server.outcomes[key]["error"]


async def test_a_runner_that_fails_is_named_in_the_outcome(
    site: Any, server: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    class BrokenRunner(StubbornRunner):
        async def run(self, order: Any, output: Any) -> int:
            raise ValueError("unexpected")

    monkeypatch.setitem(site.registry.runners, "stubborn", BrokenRunner)
    async with site.worker(capabilities=("stubbornness",)):
        outcome = await server.outcome(server.offer("x", runner="stubborn"))
    assert outcome["exit_code"] == -1
    assert "ValueError('unexpected')" in outcome["error"]
