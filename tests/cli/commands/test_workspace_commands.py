"""The commands about one workspace, and the lists of workspaces and libraries, against a Strøm that is up."""

import contextlib
import json
import os
import re
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from stroem.cli.main import stroem as program
from tests.cli.conftest import Program, Start
from tests.support.git.repository import GitRepository

pytestmark = pytest.mark.xdist_group("steered")

Run = Callable[..., Result]

TASK = "tasks: {{{name}: {{flow: {{one: {{type: shell, cmd: {cmd}}}}}}}}}\n"
TRIGGER = 'triggers: {nightly: {type: scheduler, cron: "0 3 * * *", task: hello}}\n'
IDLE = "actions: {idle: {type: shell, cmd: x, workdir: y}}\n"
BROKEN = b"tasks:\n  hello:\n    flow: {one: {action: nowhere}}\n"
IN_GIT = ("history", "queue", "broken", "paced", "pinned", "gated", "held", "loud")
IN_FOLDERS = ("paused", "asleep", "watched")


def task(name: str, cmd: str = "echo hello") -> bytes:
    return TASK.format(name=name, cmd=json.dumps(cmd)).encode()


class Place:
    """Where the workspaces of these tests are: bare repositories and folders, by name."""

    def __init__(self, root: Path) -> None:
        self.root = root
        for name in IN_GIT:
            GitRepository.create(root / name).commit({".workflows/hello.yaml": task("hello")}, "Says hello")
        for name in IN_FOLDERS:
            (root / name / ".workflows").mkdir(parents=True)
            self.write(name, "hello", task("hello"))
            self.write(name, "trigger", (TRIGGER + IDLE).encode())
        tools = root / "tools" / ".workflows"
        tools.mkdir(parents=True)
        (tools / "tools.yaml").write_text("actions: {shout: {type: shell, cmd: echo HI}}\n")

    def repository(self, name: str) -> GitRepository:
        return GitRepository(self.root / name)

    def write(self, name: str, file: str, text: bytes) -> None:
        (self.root / name / ".workflows" / f"{file}.yaml").write_bytes(text)

    def settings(self) -> dict[str, Any]:
        workspaces: dict[str, Any] = {
            **{name: {"type": "git", "url": f"file://{self.root / name}", "ref": "main"} for name in IN_GIT},
            **{name: {"type": "folder", "path": str(self.root / name)} for name in IN_FOLDERS},
        }
        workspaces["gated"]["guards"] = workspaces["watched"]["guards"] = {"approval": True}
        workspaces["held"]["guards"] = {"hold": "affected"}
        return {
            "workspaces": workspaces,
            "libraries": {"tools": {"type": "folder", "path": str(self.root / "tools")}},
        }


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    return Place(tmp_path_factory.mktemp("workspaces"))


@pytest.fixture(scope="module")
def steered(place: Place, make_data_dir: Callable[[], Path], start: Start) -> Program:
    """A Strøm that is up on the workspaces of these tests."""
    settings = place.root / "settings.json"
    settings.write_text(json.dumps(place.settings()))
    return start("up", "--json", "--port", "0", "--data-dir", str(make_data_dir()), "--config", str(settings))


@pytest.fixture
def stroem(steered: Program) -> Run:
    """Runs a command against it, as the user grace."""

    def against(*arguments: str, stdin: str | None = None) -> Result:
        env = {"STROEM_URL": steered.address, "LOGNAME": "grace"}
        return CliRunner().invoke(program, arguments, input=stdin, env=env)

    return against


def found(done: Result, code: int = 0) -> Any:
    """The JSON that a command printed."""
    assert done.exit_code == code, done.output
    return json.loads(done.stdout)


def row(text: str, name: str) -> list[str]:
    """The line of a table that begins with a name."""
    return next(line.split() for line in text.splitlines() if line.startswith(name))


class TestLists:
    def test_workspaces_say_what_runs_and_whether_that_is_what_should(self, stroem: Run, place: Place) -> None:
        revision = place.repository("queue").tip("main")
        heads, *rows = [line.split() for line in stroem("workspaces").stdout.splitlines()]
        assert heads[4:] == ["RELEASE", "REVISION", "REF", "READY", "REASON"]
        assert ["queue", "1", "1", "0", "1", revision[:12], "main", "yes", "Current"] in rows
        listed = found(stroem("workspaces", "--json"))["items"]
        assert {*listed[0]} >= {"name", "tasks_count", "actions_count", "triggers_count", "revision", "conditions"}

    @pytest.mark.parametrize("command", ["show", "releases", "sync"])
    def test_one_of_many_must_be_named(self, stroem: Run, command: str) -> None:
        done = stroem("workspace", command)
        assert (done.exit_code, "Name one of these: asleep, broken" in done.stderr) == (5, True), done.stderr

    def test_libraries_say_where_they_are_from_and_who_uses_them(self, stroem: Run, place: Place) -> None:
        line = " ".join(row(stroem("libraries").stdout, "tools"))
        assert line.startswith(f"tools {place.root / 'tools'} - yes ")
        assert line.endswith(" asleep, broken, gated, held and 7 more ok")
        (library,) = found(stroem("libraries", "--json"))["items"]
        assert library["origin"] == str(place.root / "tools")
        assert len(library["used_by"]) == len(IN_GIT) + len(IN_FOLDERS)


class TestShow:
    def test_what_runs_who_made_it_and_when_it_is_looked_at_again(self, stroem: Run, place: Place) -> None:
        shown = stroem("workspace", "show", "queue").stdout
        assert shown.startswith("queue  ready (Current)\n")
        assert f"  source     file://{place.root / 'queue'} at main\n" in shown
        assert f"  revision   {place.repository('queue').tip('main')}\n" in shown
        assert "  commit     Says hello\n" in shown
        assert "Ada Lovelace" in shown
        assert "  holds      1 task, 1 action, 0 triggers, 0 connections\n" in shown
        assert row(shown, "Ready")[1] == "yes"
        assert row(shown, "tools")[0] == "tools"

    def test_json_has_the_release_too(self, stroem: Run) -> None:
        shown = found(stroem("workspace", "show", "queue", "--json", "--exit-code"))
        assert (shown["name"], shown["release"], shown["current"]["number"]) == ("queue", 1, 1)
        assert shown["current"]["commit"]["message"].strip() == "Says hello"

    @pytest.mark.slow("waits for a timeout or a retry")
    def test_what_is_wrong_is_shown_with_its_place(self, stroem: Run, place: Place) -> None:
        place.repository("broken").commit({".workflows/hello.yaml": BROKEN}, "Breaks it")
        looked = stroem("workspace", "sync", "broken")
        assert looked.exit_code == 1
        assert "broken is not ready (Invalid): " in looked.stdout
        assert ".workflows/hello.yaml:3:26: error unknown-action" in looked.stdout
        shown = stroem("workspace", "show", "broken")
        assert shown.exit_code == 0
        assert "broken  not ready (Invalid)" in shown.stdout
        assert "Release 1 stays current" in shown.stdout
        assert ", Breaks it\n" in shown.stdout
        assert ".workflows/hello.yaml:3:26" in shown.stdout
        assert stroem("workspace", "show", "broken", "--exit-code").exit_code == 1
        assert found(stroem("workspace", "sync", "broken", "--json"), 1)["error"]
        listed = stroem("workspaces").stdout
        assert row(listed, "broken ")[-2:] == ["no", "Invalid"]
        assert ".workflows/hello.yaml:3:26" in listed

    def test_what_is_held_stands_beside_what_runs(self, stroem: Run, place: Place) -> None:
        first = place.repository("held").tip("main")
        files = {".workflows/hello.yaml": BROKEN, ".workflows/more.yaml": task("more")}
        place.repository("held").commit(files, "Breaks one of two")
        assert stroem("workspace", "sync", "held").exit_code == 0
        shown = stroem("workspace", "show", "held").stdout
        assert "held  ready (PartlyHeld)" in shown
        line = " ".join(row(shown, "task "))
        assert line.startswith(f"task hello release 1 ({first[:12]}) ")
        assert "nowhere" in line

    def test_a_commit_cannot_move_the_cursor(self, stroem: Run, place: Place) -> None:
        message = "Clears \x1b[2J the screen\r\u202e"
        place.repository("loud").commit({".workflows/more.yaml": task("more")}, message)
        assert stroem("workspace", "sync", "loud").exit_code == 0
        for command in (("show", "loud"), ("releases", "loud"), ("release", "loud", "2")):
            shown = stroem("workspace", *command).stdout
            assert r"Clears \x1b[2J the screen" in shown
            assert not {*shown} & {"\x1b", "\r", "\u202e"}


class TestHistory:
    def test_a_release_is_made_shown_and_rolled_back(self, stroem: Run, place: Place) -> None:
        place.repository("history").commit({".workflows/more.yaml": task("more")}, "One more\n\nAnd why.")
        looked = stroem("workspace", "sync", "history", "--by", "ada")
        assert looked.exit_code == 0, looked.output
        assert looked.stdout.startswith("history: Release 2 (")
        listed = stroem("workspace", "releases", "history").stdout
        assert [line.split()[0] for line in listed.splitlines()] == ["RELEASE", "2", "1"]
        assert "ada (person)" in listed
        assert listed.splitlines()[1].endswith("One more")
        shown = stroem("workspace", "release", "history", "2").stdout
        assert "  commit     One more\n" in shown
        assert row(shown, "added") == ["added", "task", "more", "-"]
        back = stroem("workspace", "rollback", "history", "1", "--reason", "it hurts")
        assert back.exit_code == 0
        assert back.stdout.startswith("history: Release 3 (")
        assert "rolled back by grace" in back.stdout
        assert "grace (rollback to 1)" in stroem("workspace", "release", "history", "3").stdout
        assert "rolled back to release 1  grace" in stroem("workspace", "show", "history").stdout
        assert "current already" in refused(stroem, "rollback", "history", "3")
        resumed = stroem("workspace", "resume", "history")
        assert (resumed.exit_code, resumed.stdout[:19]) == (0, "history: Release 4 ")

    def test_a_part_of_the_history(self, stroem: Run) -> None:
        page = found(stroem("workspace", "releases", "queue", "--limit", "1", "--json"))
        assert [release["number"] for release in page["items"]] == [1]
        assert stroem("workspace", "releases", "queue", "--before", "1").stdout == "No releases.\n"
        assert "no longer kept" in refused(stroem, "release", "queue", "7")

    @pytest.mark.slow("waits for a timeout or a retry")
    def test_a_sync_waits_for_its_turn(self, stroem: Run) -> None:
        assert stroem("workspace", "sync", "paced").exit_code == 0
        early = stroem("workspace", "sync", "paced", "--timeout", "0.5")
        assert (early.exit_code, "refreshed just now" in early.stderr) == (5, True)
        assert stroem("workspace", "sync", "paced").exit_code == 0


class TestFollowing:
    def test_suspended_until_resumed(self, stroem: Run) -> None:
        suspended = stroem("workspace", "suspend", "asleep", "--reason", "a migration")
        assert suspended.exit_code == 0
        assert "suspended by grace, the source is not followed" in suspended.stdout
        (override,) = found(stroem("workspace", "drift", "asleep", "--json"))["overrides"]
        assert (override["kind"], override["by"], override["reason"]) == ("suspended", "grace", "a migration")
        assert row(stroem("workspace", "drift", "asleep").stdout, "suspended")[-2:] == ["a", "migration"]
        assert stroem("workspace", "resume", "asleep").exit_code == 0
        assert stroem("workspace", "drift", "asleep").stdout == "asleep is as git says.\n"
        assert "neither suspended" in refused(stroem, "resume", "asleep")

    def test_pinned_to_a_tag(self, stroem: Run, place: Place) -> None:
        repository = place.repository("pinned")
        repository.git("branch", "old", "main")
        repository.commit({".workflows/hello.yaml": BROKEN}, "Breaks it", branch="bad")
        pinned = stroem("workspace", "pin", "pinned", "old", "--reason", "quiet days")
        assert pinned.exit_code == 0, pinned.output
        assert "pinned to old" in stroem("workspace", "show", "pinned").stdout
        assert stroem("workspace", "pin", "pinned", "bad").exit_code == 1
        assert "nowhere" in refused(stroem, "pin", "pinned", "nowhere")
        dropped = stroem("workspace", "drift", "pinned", "--drop")
        assert dropped.exit_code == 0, dropped.output
        assert "no branches" in refused(stroem, "pin", "asleep", "main")

    def test_a_trigger_is_paused_and_resumed(self, stroem: Run) -> None:
        paused = found(stroem("workspace", "pause-trigger", "paused", "nightly", "--by", "ada", "--json"))
        assert [(one["kind"], one["name"], one["by"]) for one in paused["drift"]] == [
            ("trigger_paused", "nightly", "ada")
        ]
        assert "paused by ada  -" in stroem("triggers", "-w", "paused").stdout
        assert "trigger nightly paused  ada" in stroem("workspace", "drift", "paused").stdout
        resumed = stroem("workspace", "resume-trigger", "paused", "nightly")
        assert resumed.exit_code == 0
        assert "1 warning. See: stroem workspace show paused" in resumed.stdout
        assert "no-effect" not in resumed.stdout
        assert "no-effect" in stroem("workspace", "show", "paused").stdout
        assert "paused by" not in stroem("triggers", "-w", "paused").stdout
        assert "not paused" in refused(stroem, "resume-trigger", "paused", "nightly")
        assert "'none' not found" in refused(stroem, "pause-trigger", "paused", "none")
        assert "nothing is set" in refused(stroem, "drift", "paused", "--drop")


class TestApprove:
    def test_what_was_shown_is_approved(self, stroem: Run, place: Place) -> None:
        repository = place.repository("gated")
        assert "does not wait" in refused(stroem, "approve", "gated")
        waits = repository.commit({".workflows/more.yaml": task("more")}, "One more")
        looked = stroem("workspace", "sync", "gated")
        assert looked.exit_code == 1
        assert "gated is not ready (Waiting)" in looked.stdout
        assert "stroem workspace approve gated" in looked.stdout
        assert "not 0000" in refused(stroem, "approve", "gated", "0000")
        no = stroem("workspace", "approve", "gated", stdin="n\n")
        assert (no.exit_code, "Nothing was approved" in no.stderr) == (1, True)
        assert "+ task more" in no.stdout
        silent = stroem("workspace", "approve", "gated", waits[:7])
        assert (silent.exit_code, "--yes" in silent.stderr) == (1, True)
        yes = stroem("workspace", "approve", "gated", waits[:7], "--json", stdin="y\n")
        assert "+ task more" in yes.stderr
        approved = found(yes)
        assert (approved["release"], approved["revision"]) == (2, waits)
        assert stroem("workspace", "release", "gated", "2").exit_code == 0
        assert "grace" in stroem("events", "-w", "gated", "--kind", "approved").stdout
        repository.commit({".workflows/most.yaml": task("most")}, "Another")
        assert stroem("workspace", "suspend", "gated").exit_code == 0
        assert stroem("workspace", "resume", "gated").exit_code == 1
        at_once = stroem("workspace", "approve", "gated", "--yes")
        assert (at_once.exit_code, at_once.stdout[:17]) == (0, "gated: Release 3 ")

    @pytest.mark.slow("waits for a timeout or a retry")
    def test_what_went_on_must_be_looked_at_first(self, stroem: Run, place: Place) -> None:
        repository = place.repository("gated")
        repository.commit({".workflows/shown.yaml": task("shown")}, "Shown")
        assert stroem("workspace", "sync", "gated").exit_code == 1
        repository.commit({".workflows/evil.yaml": task("evil")}, "Not shown")
        assert "has moved on" in refused(stroem, "approve", "gated")


def refused(stroem: Run, *arguments: str) -> str:
    """What the server said when it did not do something."""
    done = stroem("workspace", *arguments)
    assert done.exit_code == 5, done.output
    assert "Traceback" not in done.stderr
    return done.stderr


COMMANDS = (
    ("show", "nowhere"),
    ("releases", "nowhere"),
    ("release", "nowhere", "1"),
    ("sync", "nowhere"),
    ("approve", "nowhere", "--yes"),
    ("rollback", "nowhere", "1"),
    ("pin", "nowhere", "main"),
    ("suspend", "nowhere"),
    ("resume", "nowhere"),
    ("pause-trigger", "nowhere", "nightly"),
    ("resume-trigger", "nowhere", "nightly"),
    ("drift", "nowhere"),
    ("drift", "nowhere", "--drop"),
)


@pytest.mark.parametrize("arguments", COMMANDS, ids=" ".join)
def test_a_workspace_that_is_not_there(stroem: Run, arguments: tuple[str, ...]) -> None:
    assert re.search("'nowhere'.* not found", refused(stroem, *arguments))


@contextlib.contextmanager
def listener() -> Iterator[str]:
    """The address of somebody who takes a request and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        yield f"http://127.0.0.1:{silent.getsockname()[1]}"


@pytest.mark.parametrize("arguments", [("workspace", *each) for each in COMMANDS] + [("libraries",)], ids=" ".join)
def test_a_server_that_is_away(arguments: tuple[str, ...]) -> None:
    with listener() as url:
        pass
    done = CliRunner().invoke(program, [*arguments, "--server", url])
    assert done.exit_code == 6
    assert f"Cannot reach a server at {url}" in done.stderr


def test_a_server_that_does_not_answer() -> None:
    with listener() as url:
        done = CliRunner().invoke(program, ["workspace", "sync", "billing", "--timeout", "0.1", "--server", url])
    assert done.exit_code == 6
    assert "did not answer within 0.1 s" in done.stderr


def test_a_reason_is_one_line(stroem: Run) -> None:
    assert "reason" in refused(stroem, "suspend", "queue", "--reason", "a\nb")


def test_commands_complete_and_a_wrong_one_is_met_with_the_nearest() -> None:
    env = {**os.environ, "_STROEM_COMPLETE": "bash_complete", "COMP_WORDS": "stroem workspace ro", "COMP_CWORD": "2"}
    script = "from stroem.cli.main import main; main()"
    done = subprocess.run([sys.executable, "-c", script], env=env, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["plain,rollback"]
    wrong = CliRunner().invoke(program, ["workspace", "synk"])
    assert (wrong.exit_code, "Did you mean 'sync'?" in wrong.stderr) == (2, True)
