"""A validation that goes on from the one before finds what a validation from nothing finds."""

import json
import re
from collections.abc import Mapping
from typing import Any

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stroem.definitions.library import library_of
from stroem.dialects.environment import Environment
from stroem.interfaces.parsed_file import ParsedFile
from stroem.validation import checker, given_texts
from stroem.validation import files as file_checks
from stroem.validation.checker import Validation, validate
from stroem.validation.library import as_library
from tests.support.parsing import parse
from tests.validation.conftest import without_no_effect

PATHS = (".workflows/a.yaml", ".workflows/b.yaml")
ENCRYPTED = ".workflows/s.sops.yaml"
LIBRARY_PATHS = ("_libraries/lib/a.yaml", "_libraries/lib/b.yaml", "_libraries/far/a.yaml")
ASKS = {"type": "shell", "cmd": "{{ build.output }} {{ input.z }}", "input": {"c": {"type": "pg", "default": "main"}}}
USES = {"action": "act", "input": {"z": 1}}
VARIANTS: dict[tuple[str, str], list[Any]] = {
    ("secrets", "one"): [{"x": 1}, {"y": 1}, 2],
    ("connection_types", "pg"): [{"host": {"required": True}}, {"port": {"type": "integer"}}, 1],
    ("connections", "main"): [
        {"type": "pg", "port": "x"},
        {"type": "pg", "host": 1.5},
        {"type": "other"},
        {"host": "{{ secret.one.x }}"},
    ],
    ("actions", "act"): [
        {"type": "shell", "cmd": "{{ input.x }} {{ secret.one.x }}", "input": {"y": {"required": True}}},
        {"type": "shell", "script": "run.sh"},
        {"type": "task", "task": "deploy"},
        {"type": "task", "task": "nightly", "input": {"q": {}}},
        {"type": "shell", "cmd": "x", "input": {"z": {}}},
        {"type": "shell", "cmd": "x", "input": {"z": {"type": "number"}}},
        {"type": "shel"},
    ],
    ("actions", "asks"): [ASKS, {"type": "script", "script": "x", "runner": "ssh"}],
    ("tasks", "deploy"): [
        {
            "input": {"y": {"required": True}},
            "flow": {"build": {"type": "shell", "cmd": "{{ input.z }} {{ input.q }}"}},
        },
        {"flow": {"build": {"action": "act"}, "b": {"action": "asks", "depends_on": ["build"]}}},
        {"flow": {"a": {"action": "asks"}}, "on_error": [{"action": "act"}]},
        1,
    ],
    ("tasks", "nightly"): [
        {"flow": {"a": {"action": "act"}}},
        {"flow": {"a": {"type": "shell", "cmd": "{{ input.z }}"}}},
        {"flow": {"a": USES}},
        {"input": {"z": {}, "q": {"type": "integer"}}, "flow": {"a": USES}, "on_error": [USES]},
    ],
    ("triggers", "t"): [
        {"type": "webhook", "name": "hook", "task": "deploy", "input": {"z": 1}},
        {"type": "scheduler", "cron": "@daily", "task": "deploy", "input": {"q": 1}},
    ],
    ("triggers", "u"): [
        {"type": "webhook", "name": "hook", "task": "nightly"},
        {"type": "event_source", "task": "nightly", "target_task": "deploy"},
        {"type": "event_source", "task": "deploy", "target_task": "nightly", "input": {"z": 1, "q": 1}},
    ],
    ("actions", "lib.act"): [{"type": "shell", "cmd": "{{ input.x }}"}, {"type": "shell", "script": "run.sh"}],
    ("tasks", "uses"): [
        {"flow": {"a": {"action": "lib/act", "input": {"x": 1}}, "b": {"action": "lib.asks"}}},
        {"input": {"c": {"type": "lib.pg"}}, "flow": {"a": {"action": "far/act"}, "b": {"action": "other.act"}}},
        {"flow": {"a": {"type": "task", "task": "lib.deploy"}, "b": {"action": "lib.acts"}}},
    ],
    ("connections", "theirs"): [{"type": "lib.pg", "port": "x"}, {"type": "far/pg"}],
    ("on_success", ""): [[{"action": "act", "input": {"x": 1}}], [{"action": "asks", "input": {"z": 1}}]],
}
Entries = dict[tuple[str, str], Any]
ENTRY = st.sampled_from(list(VARIANTS)).flatmap(
    lambda key: st.tuples(st.just(key), st.sampled_from([*VARIANTS[key], None]))
)
EDIT = st.one_of(
    st.tuples(st.just("entry"), st.sampled_from(PATHS), ENTRY),
    st.tuples(st.just("entry"), st.sampled_from(LIBRARY_PATHS), ENTRY),
    st.tuples(st.just("libraries"), st.sampled_from([(), ("lib",), ("lib", "far"), ("far",)])),
    st.tuples(st.just("unread"), st.sampled_from([(), ("far",)])),
    st.tuples(st.just("workspaces"), st.sampled_from([None, (), ("other",)])),
    st.tuples(st.just("files"), st.sampled_from([(), ("run.sh",), ("ran.sh", "_libraries/lib/run.sh")])),
    st.tuples(st.just("runners"), st.sampled_from([("local",), ("local", "ssh")])),
    st.tuples(st.just("toggle"), st.sampled_from([*PATHS, *LIBRARY_PATHS, ENCRYPTED])),
    st.tuples(st.just("break"), st.sampled_from([*PATHS, *LIBRARY_PATHS])),
)
START = st.fixed_dictionaries({path: st.lists(ENTRY, max_size=10).map(dict) for path in (*PATHS, *LIBRARY_PATHS)})


def _text(entries: Entries) -> bytes:
    document: dict[str, Any] = {}
    for (kind, name), value in entries.items():
        if value is not None:
            document.update({kind: value} if not name else {kind: {**document.get(kind, {}), name: value}})
    return json.dumps(document).encode()


@attrs.define
class Workspace:
    """Files that change, and what was parsed of them."""

    entries: dict[str, Entries]
    texts: dict[str, bytes] = attrs.Factory(dict)
    parsed: dict[str, ParsedFile] = attrs.Factory(dict)
    files: tuple[str, ...] = ()
    runners: tuple[str, ...] = ("local",)
    libraries: tuple[str, ...] = ("lib",)
    unread: tuple[str, ...] = ()
    workspaces: tuple[str, ...] | None = ()

    def write(self, path: str, text: bytes) -> None:
        self.texts[path] = text
        library = library_of(path)
        if library is None:
            self.parsed[path] = parse(path, text)
        else:
            self.parsed[path] = as_library(library, parse(path.removeprefix(f"_libraries/{library}/"), text))

    def edit(self, edit: tuple[Any, ...]) -> None:
        match edit:
            case ("entry", path, (key, value)):
                self.entries[path][key] = value
                self.write(path, _text(self.entries[path]))
            case ("files", files):
                self.files = files
            case ("runners", runners):
                self.runners = runners
            case ("libraries", names):
                self.libraries = names
            case ("unread", names):
                self.unread = names
            case ("workspaces", names):
                self.workspaces = names
            case ("toggle", path) if path in self.parsed:
                del self.parsed[path]
            case ("toggle", path):
                self.write(path, self.texts.get(path, b""))
            case ("break", path):
                self.write(path, b"mistake: [")

    def validate(self, previous: Validation | None) -> Validation:
        known = Environment(
            runners=dict.fromkeys(self.runners),
            files=self.files,
            libraries=frozenset(self.libraries),
            unread_libraries=frozenset(self.unread),
            workspaces=None if self.workspaces is None else frozenset(self.workspaces),
        )
        return validate(dict(self.parsed), self.texts.__getitem__, known, previous)


@pytest.mark.slow("a property over many examples")
@settings(max_examples=200)
@given(START, st.lists(EDIT, min_size=1, max_size=8))
def test_incremental_equals_full(start: dict[str, Entries], edits: list[tuple[Any, ...]]) -> None:
    workspace = Workspace(entries={path: dict(entries) for path, entries in start.items()})
    for path, entries in start.items():
        workspace.write(path, _text(entries))
    previous = workspace.validate(None)
    for edit in edits:
        workspace.edit(edit)
        previous = workspace.validate(previous)
        full = workspace.validate(None)
        assert previous.problems == full.problems
        assert previous.definitions == full.definitions


def _workspace() -> Mapping[str, bytes]:
    return {
        f".workflows/{number}.yaml": (
            f"actions: {{a{number}: {{type: shell, cmd: x}}}}\n"
            f"tasks: {{t{number}: {{flow: {{s: {{action: a{max(0, number - 1)}}}}}}}}}\n"
        ).encode()
        for number in range(20)
    }


def test_only_what_changed_and_what_refers_to_it_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = dict(_workspace())
    parsed = {path: parse(path, data) for path, data in texts.items()}
    known = Environment(runners={"local": None})
    first = validate(parsed, texts.__getitem__, known)
    looked_at: list[str] = []

    def watched(file: file_checks.ParsedFile, scope: file_checks.Scope) -> file_checks.Checked:
        looked_at.append(file.path)
        return file_checks.check_file(file, scope)

    monkeypatch.setattr(checker, "check_file", watched)
    path = ".workflows/5.yaml"
    texts[path] = texts[path].replace(b"cmd: x", b"cmd: y")
    second = validate({**parsed, path: parse(path, texts[path])}, texts.__getitem__, known, first)
    assert sorted(looked_at) == [".workflows/5.yaml", ".workflows/6.yaml"]
    looked_at.clear()
    validate(second.files, texts.__getitem__, known, second)
    assert looked_at == []


def test_only_texts_of_what_changed_and_what_refers_to_it_are_made_again(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = {path: data.replace(b"cmd: x", b"cmd: x, input: {v: {}}") for path, data in _workspace().items()}
    texts = {path: re.sub(rb"(action: a\d+)", rb"\1, input: {v: 1.10}", data) for path, data in texts.items()}
    parsed = {path: parse(path, data) for path, data in texts.items()}
    known = Environment(runners={"local": None})
    first = validate(parsed, texts.__getitem__, known)
    made: list[str] = []

    def watched(file: ParsedFile, *rest: Any) -> given_texts.GivenTexts:
        made.append(file.path)
        return given_texts.given_texts(file, *rest)

    monkeypatch.setattr(checker, "given_texts", watched)
    path = ".workflows/5.yaml"
    texts[path] = texts[path].replace(b"v: {}", b"v: {type: number}")
    second = validate({**parsed, path: parse(path, texts[path])}, texts.__getitem__, known, first)
    assert sorted(made) == [".workflows/5.yaml", ".workflows/6.yaml"]
    given = [second.definitions.tasks[f"t{number}"].flow["s"].input["v"] for number in range(20)]
    assert given == [1.1 if number == 6 else "1.10" for number in range(20)]
    assert [name for name, task in second.definitions.tasks.items() if task is not first.definitions.tasks[name]] == [
        "t5",
        "t6",
    ]


REFERENCES: dict[str, tuple[str, str, str]] = {
    "an action's input": (
        "tasks: {t: {flow: {a: {action: act}}}}",
        "actions: {act: {type: shell, cmd: x}}",
        "actions: {act: {type: shell, cmd: x, input: {y: {required: true}}}}",
    ),
    "a task's input": (
        "triggers: {t: {type: scheduler, cron: '@daily', task: t}}",
        "tasks: {t: {flow: {a: {type: shell, cmd: x}}}}",
        "tasks: {t: {input: {y: {required: true}}, flow: {a: {type: shell, cmd: x}}}}",
    ),
    "a connection's type": (
        "connection_types: {pg: {}}\nactions: {a: {type: shell, cmd: x, input: {c: {type: pg, default: main}}}}",
        "connections: {main: {type: pg}}",
        "connections: {main: {host: x}}",
    ),
    "a connection type's properties": (
        "connections: {main: {type: pg}}",
        "connection_types: {pg: {}}",
        "connection_types: {pg: {host: {required: true}}}",
    ),
    "what is in a secret": (
        "actions: {a: {type: shell, cmd: '{{ secret.db.user }}'}}",
        "secrets: {db: {user: x}}",
        "secrets: {db: {password: x}}",
    ),
    "what a trigger gives": (
        "tasks: {t: {flow: {a: {type: shell, cmd: '{{ input.z }}'}}}}",
        "triggers: {u: {type: webhook, name: u, task: t, input: {z: 1}}}",
        "triggers: {u: {type: webhook, name: u, task: t}}",
    ),
    "what a step gives to a task": (
        "tasks: {t: {flow: {a: {type: shell, cmd: '{{ input.z }}'}}}}\nactions: {start: {type: task, task: t}}",
        "tasks: {u: {flow: {a: {action: start, input: {z: 1}}}}}",
        "tasks: {u: {flow: {a: {action: start}}}}",
    ),
    "what a step gives to an action": (
        "actions: {act: {type: shell, cmd: '{{ input.z }}'}}",
        "tasks: {u: {flow: {a: {action: act, input: {z: 1}}}}}",
        "tasks: {u: {flow: {a: {action: act, input: {y: 1}}}}}",
    ),
    "what a hook gives to an action": (
        "actions: {act: {type: shell, cmd: '{{ input.z }}'}}",
        "on_error: [{action: act, input: {z: 1}}]",
        "on_error: [{action: act, input: {y: 1}}]",
    ),
    "what a trigger gives to an action by way of a task": (
        "actions: {act: {type: shell, cmd: '{{ input.z }}'}}\ntasks: {t: {flow: {a: {action: act}}}}",
        "triggers: {u: {type: webhook, name: u, task: t, input: {z: 1}}}",
        "triggers: {u: {type: webhook, name: u, task: t}}",
    ),
    "an MCP server": (
        "actions: {a: {type: agent, provider: p, prompt: x, tools: [{mcp: files}]}}",
        "mcp_servers: {files: {}}",
        "mcp_servers: {other: {}}",
    ),
    "a name that is broken no more": (
        "tasks: {t: {flow: {a: {action: act}}}}",
        "actions: {act: {type: shel}}",
        "actions: {}",
    ),
}


@pytest.mark.parametrize("name", REFERENCES)
@pytest.mark.parametrize("is_reversed", [False, True])
def test_a_change_is_seen_where_it_is_referred_to(name: str, is_reversed: bool) -> None:
    text, *versions = REFERENCES[name]
    before, after = reversed(versions) if is_reversed else versions
    path, other = PATHS
    workspace = Workspace(entries={})
    workspace.write(path, text.encode())
    workspace.write(other, before.encode())
    first = workspace.validate(None)
    workspace.write(other, after.encode())
    second = workspace.validate(first)
    assert second.problems == workspace.validate(None).problems
    seen = [[problem for problem in found.problems if problem.file == path] for found in (first, second)]
    assert seen[0] != seen[1]


def test_files_that_come_and_go_are_seen() -> None:
    workspace = Workspace(entries={})
    workspace.write(PATHS[0], b"actions: {a: {type: shell, script: run.sh}}")
    validation: Validation | None = None
    counts = []
    for files in ((), ("run.sh",), ("run.sh", "x"), ("x",), ()):
        workspace.files = files
        validation = workspace.validate(validation)
        counts.append(len(validation.problems))
    assert counts == [0, 0, 0, 1, 0]


def test_the_second_definition_of_a_name_counts_when_the_first_is_gone() -> None:
    workspace = Workspace(entries={})
    workspace.write("a.yaml", b"tasks: {t: {flow: {a: {type: shell, cmd: x}}}}")
    workspace.write(
        "b.yaml", b"actions: {act: {type: shell, cmd: '{{ input.z }}'}}\ntasks: {t: {flow: {a: {action: act}}}}"
    )
    first = workspace.validate(None)
    workspace.edit(("toggle", "a.yaml"))
    second = workspace.validate(first)
    assert second.problems == workspace.validate(None).problems
    assert [problem.code for problem in second.problems] == ["unknown-input"]


def test_what_starts_a_task_is_seen_by_the_actions_that_the_task_uses() -> None:
    workspace = Workspace(entries={})
    workspace.write("a.yaml", b"actions: {act: {type: shell, cmd: '{{ input.z }}'}}")
    workspace.write("b.yaml", b"tasks: {t: {flow: {a: {action: act}}}}")
    workspace.write("c.yaml", b"triggers: {u: {type: webhook, name: u, task: t}}")
    first = workspace.validate(None)
    codes = [(problem.code, problem.file) for problem in without_no_effect(first.problems)]
    assert codes == [("unknown-input", "a.yaml")]
    workspace.write("c.yaml", b"triggers: {u: {type: webhook, name: u, task: t, input: {z: 1}}}")
    assert without_no_effect(workspace.validate(first).problems) == ()


def test_of_a_library_that_changes_only_the_users_are_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    workspace = Workspace(entries={})
    for number in range(10):
        workspace.write(f".workflows/{number}.yaml", f"tasks: {{t{number}: {{flow: {{s: {USES}}}}}}}".encode())
    workspace.write("_libraries/lib/a.yaml", b"actions: {a: {type: shell, cmd: x}}")
    workspace.write("_libraries/lib/b.yaml", b"actions: {b: {type: shell, cmd: x}}")
    workspace.write(".workflows/user.yaml", b"tasks: {t: {flow: {s: {action: lib/a}}}}")
    first = workspace.validate(None)
    looked_at: list[str] = []

    def watched(file: file_checks.ParsedFile, scope: file_checks.Scope) -> file_checks.Checked:
        looked_at.append(file.path)
        return file_checks.check_file(file, scope)

    monkeypatch.setattr(checker, "check_file", watched)
    workspace.write("_libraries/lib/a.yaml", b"actions: {a: {type: shell, cmd: y}}")
    second = workspace.validate(first)
    assert sorted(looked_at) == [".workflows/user.yaml", "_libraries/lib/a.yaml"]
    looked_at.clear()
    workspace.libraries = ("lib", "more")
    workspace.validate(second)
    assert looked_at == []


def test_a_library_that_comes_and_goes_is_seen_where_it_is_referred_to() -> None:
    workspace = Workspace(entries={}, libraries=())
    workspace.write("a.yaml", b"tasks: {t: {flow: {s: {action: far/a}}}}")
    found: Validation | None = None
    codes = []
    for libraries, unread, workspaces in [((), (), ()), (("far",), (), ()), (("far",), ("far",), ()), ((), (), None)]:
        workspace.libraries, workspace.unread, workspace.workspaces = libraries, unread, workspaces
        found = workspace.validate(found)
        codes.append([(problem.code, problem.severity) for problem in found.problems])
    assert codes == [
        [("unknown-library", "warning")],
        [("unknown-action", "error")],
        [],
        [("unknown-library", "warning")],
    ]
