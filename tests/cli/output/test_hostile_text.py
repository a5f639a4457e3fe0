"""No command lets text from elsewhere act on the operator's terminal."""

import ast
import itertools
import json
import logging
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

import stroem.cli
from stroem.cli.commands.state.group import command as state_group
from stroem.cli.commands.trigger.group import command as trigger_group
from stroem.cli.commands.workspace.group import command as workspace_group
from stroem.cli.main import stroem as program
from stroem.cli.output.log_lines import LinePainter
from stroem.cli.program.commands import COMMANDS
from stroem.cli.program.logging import LineFormatter
from tests.cli.hostile_server import HOSTILE, JOB_ID, hostile_server

ACTING = re.compile(r"[\x00-\x08\x0b-\x1a\x1c-\x1f\x7f-\x9f\u200b\u202a-\u202e\u2066-\u2069]|\x1b(?!\[[0-9;]*m)")
REMOTE = {
    "trigger": ("hello", "-w", "default"),
    "rerun": (JOB_ID,),
    "jobs": (),
    "status": (JOB_ID,),
    "logs": (JOB_ID,),
    "history": (JOB_ID,),
    "output": (JOB_ID,),
    "why": (JOB_ID,),
    "cancel": (JOB_ID,),
    "pause": (JOB_ID,),
    "resume": (JOB_ID,),
    "signal": (JOB_ID, "paid"),
    "approvals": (),
    "approve": (JOB_ID, "gate"),
    "reject": (JOB_ID, "gate"),
    "workspaces": (),
    "libraries": (),
    "tasks": (),
    "task": ("hello", "-w", "default"),
    "options": ("hello", "region", "-w", "default"),
    "triggers": (),
    "events": (),
    "workers": (),
    "plugins": ("--remote",),
    "plan": ("--workspace", "default"),
}
MORE = (
    ("trigger", "hello", "-w", "default", "--follow"),
    ("trigger", "hello", "-w", "default", "--wait"),
    ("trigger", "hello", "-w", "default", "--dry-run"),
    ("rerun", JOB_ID, "--plan"),
    ("rerun", JOB_ID, "--wait"),
    ("status", JOB_ID, "--watch"),
    ("logs", JOB_ID, "--follow"),
    ("history", JOB_ID, "--follow"),
    ("events", "--follow"),
    ("workers", "identities"),
    ("workers", "join-tokens"),
    ("workers", "create-join-token"),
    ("plan", "--workspace", "default", "--format", "markdown"),
)
WORKSPACE = {
    "release": ("default", "1"),
    "approve": ("default", "--yes"),
    "rollback": ("default", "1"),
    "pin": ("default", "main"),
    "pause-trigger": ("default", "nightly"),
    "resume-trigger": ("default", "nightly"),
}
WITHOUT_TEXT = {
    ("cancel",),
    ("resume",),
    ("signal",),
    ("state", "upload"),
    ("state", "rollback"),
    ("cache", "clear"),
    ("secrets", "remove"),
    ("trigger", "backfill"),
    ("hooks", "redeliver"),
    ("auth", "can-i"),
}
"""Commands whose answers have no text from elsewhere."""
STATE = {"diff": ("1", "2"), "rollback": ("1",), "upload": ("--state", "a=b")}
TRIGGER = {"backfill": ("--from", "2026-01-01", "--to", "2026-01-02")}
TRIGGER_COMMANDS = [name for name in trigger_group.commands if name not in ("start", "cancel-backfill")]
LOCAL = {
    "actions",
    "inspect",
    "up",
    "run",
    "server",
    "worker",
    "validate",
    "schema",
    "completion",
    "workspace",
    "state",
    "artifacts",
    "cache",
    "secrets",
    "hooks",
    "import",
    "audit",
    "auth",
    "login",
    "logout",
    "users",
    "groups",
    "service-accounts",
    "keys",
    "sessions",
}
PEOPLE = (
    ("users", "list"),
    *(("users", name, JOB_ID) for name in ("show", "sessions", "enable", "revoke-admin", "reset-link")),
    *(("users", name, JOB_ID, "--yes") for name in ("remove", "disable", "make-admin", "end-sessions")),
    ("users", "add", "bob@example.org"),
    ("groups", "list"),
    ("groups", "show", HOSTILE),
    ("groups", "add", "ops", JOB_ID),
    ("groups", "remove", HOSTILE, JOB_ID),
    ("service-accounts", "list"),
    ("service-accounts", "add", "ci"),
    *(("service-accounts", name, HOSTILE) for name in ("show", "enable")),
    *(("service-accounts", name, HOSTILE, "--yes") for name in ("remove", "disable")),
    ("keys", "list"),
    ("keys", "create", "nightly"),
    ("keys", "revoke", "strm_1f0c9a2", "--yes"),
    ("sessions", "list"),
    ("sessions", "end", "--all", "--yes"),
)
"""Commands about accounts: the server lets the program in by a code."""


def everything() -> Iterator[tuple[str, ...]]:
    remote = [(name, *arguments) for name, arguments in REMOTE.items()]
    workspace = [("workspace", name, *WORKSPACE.get(name, ("default",))) for name in workspace_group.commands]
    scope = ("-w", "default", "-t", "hello")
    state = [("state", name, *scope, *STATE.get(name, ())) for name in state_group.commands if name != "download"]
    kept = [("artifacts", "list", JOB_ID), ("artifacts", "find", "-w", "default"), ("cache", "list", "-w", "default")]
    triggers = [("trigger", name, "nightly", "-w", "default", *TRIGGER.get(name, ())) for name in TRIGGER_COMMANDS]
    hooks = [("hooks", "deliveries", "nightly", "-w", "default"), ("hooks", "redeliver", "1")]
    known = [("audit", "list"), ("audit", "verify"), ("auth", "whoami")]
    known += [("auth", name, "job.run", "default/hello") for name in ("can-i", "explain")]
    known += [("secrets", "list", "-w", "default"), ("secrets", "rotate"), ("secrets", "remove", "A", "-w", "default")]
    hooks += [("hooks", "test", "nightly", "-w", "default", "--payload", __file__)]
    for arguments in (
        *remote,
        *MORE,
        *workspace,
        *state,
        *kept,
        *triggers,
        *hooks,
        *known,
        *PEOPLE,
        ("cache", "clear", "-w", "default"),
    ):
        yield arguments
        if "markdown" not in arguments:
            yield (*arguments, "--json")
    yield ("task", "refused", "-w", "default")
    yield ("task", "refused", "-w", "default", "--json")


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with hostile_server() as address:
        yield address


@pytest.mark.parametrize("arguments", list(everything()), ids=" ".join)
def test_hostile_text_is_shown_as_escapes(server: str, arguments: tuple[str, ...]) -> None:
    done = CliRunner().invoke(program, arguments, env={"STROEM_URL": server}, color=True)
    assert done.exception is None or isinstance(done.exception, SystemExit), done.output
    shown = re.sub(r"\x1b\[[0-9;]*m", "", done.output)
    assert not ACTING.search(shown), repr(done.output)
    assert HOSTILE[0] + "\\" in shown or not WITHOUT_TEXT.isdisjoint((arguments[:1], arguments[:2]))
    if "--json" in arguments and "refused" not in arguments:
        assert json.loads(done.stdout.splitlines()[-1] if "--follow" in arguments else done.stdout)


def test_every_command_is_tried() -> None:
    assert set(COMMANDS) - LOCAL == set(REMOTE)


def test_commands_print_by_one_function() -> None:
    """A command that prints by itself could forget to make its text safe."""
    for file in sorted(Path(stroem.cli.__file__).parent.rglob("*.py")):
        if file.name in {"output.py", "completion.py"}:
            continue
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Call):
                called = ast.unparse(node.func)
                assert called not in {"click.echo", "click.secho", "print", "sys.stdout.write"}, (file, node.lineno)


def test_colours_of_a_step_end_with_its_line() -> None:
    line = json.dumps({"step": "s", "line": "\x1b[41;31mred\x1b]0;title\x07\r"})
    assert LinePainter(colour=False).paint(line) == "s | \x1b[41;31mred\\x1b]0;title\\x07\x1b[0m\n"


def test_a_mistake_in_a_workflow_shows_what_the_file_says_as_escapes(tmp_path: Path) -> None:
    (tmp_path / ".workflows").mkdir()
    name = json.dumps(HOSTILE)
    text = (
        f"tasks:\n  t:\n    flow:\n      s: {{action: {name}}}\n      {name}: {{type: shell, cmd: {name}, {name}: 1}}\n"
    )
    (tmp_path / ".workflows" / "a.yaml").write_text(text)
    for form in ("text", "json", "github"):
        done = CliRunner().invoke(program, ["validate", str(tmp_path), "--format", form], color=True)
        assert done.exit_code == 1
        assert not ACTING.search(re.sub(r"\x1b\[[0-9;]*m", "", done.output)), repr(done.output)


def test_a_message_of_the_log_is_one_line_and_acts_on_nothing() -> None:
    record = logging.LogRecord("n", logging.INFO, "f", 1, "got %s\nfaked: line", (HOSTILE,), None)
    try:
        raise ValueError(HOSTILE)
    except ValueError as error:
        record.exc_info = (ValueError, error, error.__traceback__)
    first, *trace = LineFormatter("%(message)s").format(record).split("\n")
    assert "\\nfaked: line" in first
    assert trace[0] == "    Traceback (most recent call last):"
    assert all(line.startswith("    ") for line in trace), "nothing below can be taken for a message"
    assert not any(map(ACTING.search, itertools.chain([first], trace)))
