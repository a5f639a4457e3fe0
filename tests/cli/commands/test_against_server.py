"""The commands against a Strøm that is up."""

import json
import re
from collections.abc import Callable

import pytest
from click.testing import Result

pytestmark = pytest.mark.xdist_group("up")

Run = Callable[..., Result]


def start(stroem: Run, *arguments: str) -> str:
    done = stroem("trigger", *arguments, "--json")
    assert done.exit_code == 0, done.stderr
    job_id: str = json.loads(done.stdout)["job_id"]
    return job_id


def test_workspaces_and_tasks_are_listed(stroem: Run) -> None:
    assert "default    5" in stroem("workspaces").stdout
    tasks = json.loads(stroem("tasks", "-w", "default", "--json").stdout)["items"]
    assert [task["id"] for task in tasks] == ["broken", "counts", "drips", "hello", "waits"]
    assert "Greets somebody." in stroem("tasks").stdout


def test_a_task_shows_its_input_and_how_to_run_it(stroem: Run) -> None:
    shown = stroem("task", "hello").stdout
    assert "stroem trigger hello name=… --follow" in shown
    assert "integer" in shown


def test_triggers_workers_and_plugins_are_listed(stroem: Run) -> None:
    (trigger,) = [one for one in json.loads(stroem("triggers", "--json").stdout)["items"] if one["name"] == "nightly"]
    assert (trigger["workspace"], trigger["name"]) == ("default", "nightly")
    assert "nightly  scheduler  counts  live" in stroem("triggers").stdout
    assert "active" in stroem("workers").stdout
    assert {plugin["name"] for plugin in json.loads(stroem("plugins", "--remote", "--json").stdout)["items"]} >= {
        "shell"
    }


def test_follow_shows_the_log_and_ends_with_the_job(stroem: Run) -> None:
    done = stroem("trigger", "hello", "name=Ada", "count=3", "--follow")
    assert done.exit_code == 0
    assert "greet | Hello, Ada!" in done.stdout
    assert 'Output: {"greet": {"count": 3}}' in done.stderr
    assert "completed" in done.stderr


def test_follow_as_json_gives_the_lines_and_the_job(stroem: Run) -> None:
    done = stroem("trigger", "hello", "name=Ada", "--follow", "--json")
    *lines, end = map(json.loads, done.stdout.splitlines())
    assert next(line["line"] for line in lines if line["step"] == "greet") == "Hello, Ada!"
    assert (end["event"], end["job"]["status"]) == ("end", "completed")


def test_a_failed_job_is_exit_code_1_and_says_which_step(stroem: Run) -> None:
    done = stroem("trigger", "broken", "--wait")
    assert done.exit_code == 1
    assert done.stdout == ""
    assert "first: " in done.stderr


def test_input_comes_from_stdin_too(stroem: Run) -> None:
    done = stroem("trigger", "hello", "--input-file", "-", "--wait", stdin="name: Grace\n")
    assert done.exit_code == 0, done.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("trigger", "hello"), "name"),
        (("trigger", "nowhere"), "nowhere"),
        (("trigger", "hello", "name=Ada", "-w", "elsewhere"), "elsewhere"),
        (("status", "00000000-0000-0000-0000-000000000000"), "not found"),
        (("status", "ffffffff"), "No job whose id begins with"),
    ],
)
def test_a_refusal_is_exit_code_5_and_says_why(stroem: Run, arguments: tuple[str, ...], words: str) -> None:
    done = stroem(*arguments)
    assert done.exit_code == 5
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_logs_whole_tail_after_and_by_step(stroem: Run) -> None:
    job_id = start(stroem, "counts")
    followed = stroem("logs", job_id, "--follow")
    assert followed.exit_code == 0
    own = [line for line in followed.stdout.splitlines() if line.startswith("count")]
    assert own == [f"count | line {n}" for n in range(1, 31)]
    assert stroem("logs", job_id, "--step", "count").stdout.splitlines() == own
    assert stroem("logs", job_id, "--step", "count", "--tail", "2").stdout.splitlines() == own[-2:]
    raw = [json.loads(line) for line in stroem("logs", job_id, "--json", "--after", "1").stdout.splitlines()]
    whole = [json.loads(line) for line in stroem("logs", job_id, "--json").stdout.splitlines()]
    assert raw == whole[1:]
    assert list(whole[0]) == ["ts", "stream", "step", "line"]


def test_status_shows_steps_and_takes_the_beginning_of_an_id(stroem: Run) -> None:
    job_id = start(stroem, "broken")
    watched = stroem("status", job_id, "--watch")
    assert watched.exit_code == 1
    assert "first failed" in watched.stdout
    shown = stroem("status", job_id[:18])
    assert shown.exit_code == 0
    assert job_id in shown.stdout
    assert json.loads(stroem("status", job_id, "--json").stdout)["status"] == "failed"


def test_cancel_ends_a_job_and_its_follower_with_exit_code_3(stroem: Run) -> None:
    job_id = start(stroem, "waits")
    assert stroem("cancel", job_id).exit_code == 0
    assert stroem("logs", job_id, "--follow").exit_code == 3
    assert stroem("cancel", job_id).exit_code == 5


def test_cancel_waits_until_nothing_runs(stroem: Run) -> None:
    job_id = start(stroem, "waits")
    done = stroem("cancel", job_id, "--wait")
    assert done.exit_code == 0, done.stderr
    assert "Nothing of it runs any more" in done.stdout
    assert json.loads(stroem("status", job_id, "--json").stdout)["status"] == "cancelled"


def without_times(text: str) -> str:
    """The output without its times, which a poll in between changes."""
    return re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", "TIME", text)


def test_waiting_has_a_bound(stroem: Run) -> None:
    job_id = start(stroem, "waits")
    for arguments in (["logs", job_id, "--follow"], ["status", job_id, "--watch"]):
        done = stroem(*arguments, "--timeout", "0.2")
        assert done.exit_code == 7
        assert "--timeout" in done.stderr
    assert stroem("cancel", job_id, "--wait").exit_code == 0


@pytest.mark.parametrize("command", ["trigger", "status", "logs", "cancel"])
def test_a_bound_of_a_wait_is_refused_without_one(command: str, stroem: Run) -> None:
    done = stroem(command, "any", "--timeout", "5")
    assert done.exit_code == 2
    assert "nothing is waited for" in done.stderr


@pytest.mark.parametrize(
    "command", ["show", "releases", pytest.param("sync", marks=pytest.mark.slow("waits for a timeout or a retry"))]
)
def test_a_command_without_the_name_of_a_workspace_takes_the_one_there_is(stroem: Run, command: str) -> None:
    unnamed, named = stroem("workspace", command).stdout, stroem("workspace", command, "default").stdout
    assert without_times(unnamed) == without_times(named)


def test_the_latest_jobs_stand_beside_one_that_is_not_there(stroem: Run) -> None:
    job_id = start(stroem, "counts")
    told = stroem("status", "ffffffff").stderr
    assert "No job whose id begins with 'ffffffff'." in told
    assert f"The latest are: {job_id[:8]}" in told


def test_a_mistyped_job_is_suggested(stroem: Run) -> None:
    job_id = start(stroem, "counts")
    wrong = job_id[:7] + ("0" if job_id[7] != "0" else "1")
    assert f"Did you mean '{job_id[:8]}'?" in stroem("status", wrong).stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("jobs", "-w", "defalt"), "no workspace 'defalt'. Did you mean 'default'?"),
        (("jobs", "-w", "default", "-t", "helo"), "has no task 'helo'. Did you mean 'hello'?"),
        (("jobs", "-w", "default", "-t", "zzz"), "There are: broken, counts"),
    ],
)
def test_a_mistyped_name_in_a_filter_is_told(stroem: Run, arguments: tuple[str, ...], words: str) -> None:
    done = stroem(*arguments)
    assert done.exit_code == 5
    assert words in done.stderr


def test_a_mistyped_step_is_told(stroem: Run) -> None:
    job_id = start(stroem, "counts")
    stroem("logs", job_id, "--follow")
    done = stroem("logs", job_id, "--step", "cuont")
    assert done.exit_code == 5
    assert "Did you mean 'count'?" in done.stderr


def test_refusals_name_the_server(stroem: Run, running) -> None:
    assert f"Server: {running.address}" in stroem("status", "00000000-0000-0000-0000-000000000000").stderr


def test_jobs_are_filtered(stroem: Run) -> None:
    job_id = start(stroem, "hello", "name=Ada")
    stroem("logs", job_id, "--follow")
    listed = json.loads(stroem("jobs", "-w", "default", "-t", "hello", "--limit", "1", "--json").stdout)
    assert [job["job_id"] for job in listed["items"]] == [job_id]
    assert job_id in stroem("jobs").stdout
    assert stroem("jobs", "-t", "hello").exit_code == 2
