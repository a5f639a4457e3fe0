"""Libraries: what their users see of them, and what is checked where."""

import textwrap
from collections.abc import Collection, Mapping
from typing import Any

import attrs
import pytest

from stroem.definitions.references import references
from stroem.definitions.task import inline_place, is_inline
from stroem.definitions.workspace import Definitions
from stroem.dialects.environment import Environment
from stroem.interfaces.parsed_file import ParsedFile
from stroem.records.problem import Problem
from stroem.validation.checker import Validation, validate
from stroem.validation.library import as_library, shadowed_folders
from tests.support.parsing import parse
from tests.validation.conftest import without_no_effect

NOTIFY = """\
secrets: {token: x}
connection_types:
  chat: {url: {required: true}, token: {secret: true}}
connections:
  main: {type: chat, url: x}
mcp_servers: {files: {}}
actions:
  send:
    type: script
    source: scripts/send.sh
    input:
      text: {required: true}
      via: {type: chat}
      other: {type: pager.account}
  later: {type: task, task: announce}
  think: {type: agent, provider: p, prompt: x, tools: [{task: announce}, {mcp: files}]}
tasks:
  announce:
    folder: chosen
    input: {via: {type: chat}, text: {required: true}}
    flow:
      send: {action: send}
      log: {type: shell, script: scripts/log.sh}
      page: {action: pager/page}
    on_error: [{action: send, input: {text: x}}]
  plain:
    flow: {only: {action: send, input: {text: x}}}
triggers:
  t: {type: scheduler, cron: "@daily", task: announce}
on_error: [{action: send, input: {text: x}}]
"""
FILES = ("_libraries/notify/scripts/send.sh", "_libraries/notify/scripts/log.sh")


def libraried(text: str, name: str = "notify", path: str = ".workflows/sub/a.yaml") -> ParsedFile:
    return as_library(name, parse(path, text.encode()))


def definitions_of(text: str) -> Definitions:
    found = libraried(text).definitions
    assert found is not None
    return found


def problems_of(
    own: str, libraries: Mapping[str, str] | None = None, files: Collection[str] = (), **known: Any
) -> list[Problem]:
    """The problems of a workspace with libraries, each of one file; without those of what has no effect yet."""
    return list(without_no_effect(check(own, libraries, files, **known).problems))


def check(
    own: str, libraries: Mapping[str, str] | None = None, files: Collection[str] = (), **known: Any
) -> Validation:
    texts = {".workflows/a.yaml": own}
    parsed = {path: parse(path, text.encode()) for path, text in texts.items()}
    for name, text in (libraries or {}).items():
        file = libraried(text, name)
        parsed[file.path], texts[file.path] = file, text
    known = {"workspaces": frozenset(), **known}
    return validate(
        parsed,
        lambda path: texts[path].encode(),
        Environment(runners={"local": None}, files=files, libraries=frozenset(libraries or {}), **known),
    )


def told(problems: Collection[Problem]) -> list[tuple[str, str, int, str]]:
    return [(problem.code, problem.file, problem.line, problem.severity) for problem in problems]


def test_things_have_the_librarys_name() -> None:
    found = definitions_of(NOTIFY)
    assert [*found.connection_types] == ["notify.chat"]
    assert [name for name in found.actions if not is_inline(name)] == ["notify.send", "notify.later", "notify.think"]
    assert [*found.tasks] == ["notify.announce", "notify.plain"]


def test_what_is_not_of_a_library_is_left_out() -> None:
    found = definitions_of(NOTIFY)
    left_out = (found.secrets, found.connections, found.triggers, found.mcp_servers, found.on_error)
    assert not any(left_out)


def test_references_inside_follow() -> None:
    found = definitions_of(NOTIFY)
    task = found.tasks["notify.announce"]
    assert {name: step.action for name, step in task.flow.items()} == {
        "send": "notify.send",
        "log": "notify._inline:announce:log",
        "page": "pager.page",
    }
    assert [hook.action for hook in task.on_error] == ["notify.send"]
    assert task.input["via"].type == "notify.chat"
    send = found.actions["notify.send"]
    assert {name: field.type for name, field in send.input.items()} == {
        "text": "string",
        "via": "notify.chat",
        "other": "pager.account",
    }
    assert found.actions["notify.later"].task == "notify.announce"
    assert [(tool.task, tool.mcp) for tool in found.actions["notify.think"].tools] == [
        ("notify.announce", None),
        (None, "files"),
    ]


def test_sources_stay_as_they_are_written() -> None:
    found = definitions_of(NOTIFY)
    assert found.actions["notify.send"].source == "scripts/send.sh"
    assert found.actions["notify._inline:announce:log"].source == "scripts/log.sh"


def test_an_inline_actions_name_begins_with_the_library_and_says_its_place() -> None:
    name = "notify._inline:announce:log"
    assert is_inline(name)
    assert name.partition(".")[0] == "notify"
    assert inline_place(name) == ("notify.announce", "log")
    assert inline_place("_inline:a.b:c") == ("a.b", "c")


def test_folders_are_told_and_not_inferred() -> None:
    found = definitions_of(NOTIFY)
    assert [task.folder for task in found.tasks.values()] == ["chosen", None]


def test_tasks_that_a_template_names_stay() -> None:
    found = definitions_of("actions: {a: {type: task, task: '{{ input.task }}'}}")
    assert found.actions["notify.a"].task == "{{ input.task }}"


def test_problems_and_broken_names_move() -> None:
    file = libraried(
        "actions: {a: {type: shel}}\ntriggers: {t: {tpye: x}}\non_error: [{}]\nsecrets: {'a b': 1}\nx: 1\n"
    )
    assert file.path == "_libraries/notify/.workflows/sub/a.yaml"
    assert [(problem.path, problem.file, problem.line) for problem in file.problems] == [
        ("actions.a.type", file.path, 1),
        ("x", file.path, 5),
    ]
    assert file.broken == {("actions", "notify.a")}
    assert libraried("actions:\n  a: [").broken == {("actions", "notify.a")}


def test_both_spellings_name_the_same() -> None:
    text = """\
    connections: {team: {type: SPELT, url: x}}
    actions:
      asks: {type: task, task: notifyXannounce, input: {c: {type: notifyXchat}}}
      thinks: {type: agent, provider: p, prompt: x, tools: [{task: notifyXannounce}]}
    tasks:
      t:
        input: {c: {type: notifyXchat}}
        flow: {a: {action: notifyXsend, input: {text: x}}}
        on_error: [{action: notifyXsend, input: {text: x}}]
    triggers:
      s: {type: scheduler, cron: "@daily", task: notifyXannounce, input: {text: x}}
      e: {type: event_source, task: t, target_task: notifyXannounce}
    on_success: [{action: notifyXsend, input: {text: x}}]
    """.replace("SPELT", "notifyXchat")
    text = textwrap.dedent(text)
    parsed = [parse("a.yaml", text.replace("X", mark).encode()) for mark in "./"]
    assert parsed[0].definitions == parsed[1].definitions
    pager = "actions: {page: {type: shell, cmd: x}}\nconnection_types: {account: {}}\n"
    assert problems_of(text.replace("X", "/"), {"notify": NOTIFY, "pager": pager}) == []


def test_a_library_that_is_not_declared() -> None:
    own = "tasks: {t: {flow: {a: {action: notfy/send}}}}"
    (problem,) = problems_of(own, {"notify": "actions: {send: {type: shell, cmd: x}}"})
    assert (problem.code, problem.severity, problem.hint) == ("unknown-library", "warning", "did you mean 'notify'?")
    (problem,) = problems_of(own)
    assert problem.hint == "declare it under `libraries:` in .stroem.yaml"
    (warning,) = problems_of(own, workspaces=None)
    assert (warning.code, warning.severity) == ("unknown-library", "warning")
    (warning,) = problems_of(own, workspaces=frozenset({"notfy"}))
    assert (warning.code, warning.severity) == ("outside-workspace", "warning")


def test_what_a_library_does_not_have() -> None:
    own = """\
tasks: {t: {input: {c: {type: notify.chatt}}, flow: {a: {action: notify.sent}, b: {type: task, task: notify/x}}}}
connections: {c: {type: notify.chta}}
"""
    found = problems_of(own, {"notify": NOTIFY.replace("pager", "notify")})
    assert [(each.code, each.hint) for each in found if each.file == ".workflows/a.yaml"] == [
        ("unknown-connection-type", "did you mean 'chat'?"),
        ("unknown-action", "did you mean 'send'?"),
        ("unknown-task", "one of announce, plain"),
        ("unknown-connection-type", "did you mean 'chat'?"),
    ]
    assert found[1].message == "library 'notify' has no action 'sent'"


def test_a_library_that_was_left_out_is_told() -> None:
    (problem,) = problems_of("tasks: {t: {flow: {a: {action: a}}}}", {"notify": "actions: {a: {type: shell, cmd: x}}"})
    assert (problem.code, problem.hint) == ("unknown-action", "did you mean 'notify.a'?")


def test_anything_may_be_in_a_library_that_cannot_be_read_here() -> None:
    own = "tasks: {t: {input: {c: {type: far.x}}, flow: {a: {action: far/send}, b: {type: task, task: far.y}}}}"
    far = frozenset({"far"})
    data = own.encode()
    known = Environment(runners={"local": None}, libraries=far, unread_libraries=far, workspaces=frozenset())
    found = validate({"a.yaml": parse("a.yaml", data)}, lambda _: data, known).problems
    assert without_no_effect(found) == ()


def test_scripts_are_looked_for_in_the_librarys_folder() -> None:
    pager = "actions: {page: {type: shell, cmd: x}}\nconnection_types: {account: {}}\n"
    libraries = {"notify": NOTIFY, "pager": pager}
    assert problems_of("", libraries, FILES) == []
    found = problems_of("", libraries, ["scripts/send.sh", "scripts/log.sh", "_libraries/notify/scripts/sent.sh"])
    file = "_libraries/notify/.workflows/sub/a.yaml"
    assert told(found) == [("missing-file", file, 10, "error"), ("missing-file", file, 23, "error")]
    assert [problem.hint for problem in found] == ["did you mean 'scripts/sent.sh'?"] * 2
    (problem,) = problems_of("", {"a": "actions: {x: {type: shell, script: ../y.sh}}"}, FILES)
    assert problem.message == "'../y.sh' is outside the library"


def test_mistakes_in_a_library_have_their_place() -> None:
    library = """\
actions:
  a: {type: shell, cmd: x, input: {n: {type: integer, default: many}}}
tasks:
  t: {flow: {s: {action: b}}}
"""
    found = problems_of("", {"lib": library})
    assert [(each.code, each.file, each.line, each.column, each.path) for each in found] == [
        ("wrong-type", "_libraries/lib/.workflows/sub/a.yaml", 2, 64, "actions.a.input.n.default"),
        ("unknown-action", "_libraries/lib/.workflows/sub/a.yaml", 4, 26, "tasks.t.flow.s.action"),
    ]


NEEDY = """\
connection_types: {pg: {password: {secret: true}}}
actions:
  a:
    type: shell
    cmd: "{{ secret.db.password }}"
    input: {p: {default: "{{ secret.other }}"}, c: {type: pg, default: main}}
  b: {type: agent, provider: p, prompt: x, tools: [{mcp: files}]}
tasks:
  t: {flow: {s: {action: a}}}
"""


def test_what_users_bring_is_missed_where_they_use_the_action() -> None:
    assert problems_of("", {"lib": NEEDY}) == []
    own = "tasks: {mine: {flow: {s: {action: lib/a, input: {c: x}}}}}\n"
    found = problems_of(own, {"lib": NEEDY})
    assert [problem.code for problem in found] == ["unknown-secret", "unknown-secret", "unknown-connection"]
    assert found[0].message == "action 'lib.a' reads the secret 'db.password', which is not there"
    assert found[2].message == "there is no connection 'x'"
    own += "connections: {x: {type: lib.pg, password: long}}\n"
    assert problems_of(own + "secrets: {db: {password: long}, other: long}", {"lib": NEEDY}) == []
    given = own.replace("c: x", "c: x, p: y")
    assert len(problems_of(given, {"lib": NEEDY})) == 1


def test_an_input_that_a_librarys_action_reads_is_missed_at_its_use() -> None:
    library = "actions: {a: {type: shell, cmd: '{{ input.z }}'}}"
    own = "tasks: {t: {flow: {s: {action: lib.a}}}}"
    assert told(problems_of(own, {"lib": library})) == [("missing-input", ".workflows/a.yaml", 1, "warning")]


def test_the_task_of_options_is_that_of_the_library() -> None:
    library = """\
tasks:
  find: {input: {c: {required: true}}, flow: {s: {type: script, script: "true"}}}
  t: {input: {r: {options_from: {task: find, path: s.a, input: {c: x}}}}, flow: {s: {type: script, script: "true"}}}
"""
    field = definitions_of(library).tasks["notify.t"].input["r"]
    assert field.options_from is not None
    assert field.options_from.task == "notify.find"
    own = "tasks: {t: {input: {r: {options_from: {task: lib/find, path: s.a}}}, flow: {s: {action: x}}}}\n"
    own += "actions: {x: {type: script, script: x}}"
    found = problems_of(own, {"lib": library})
    assert told(found) == [("missing-input", ".workflows/a.yaml", 1, "error")]
    assert problems_of(own.replace("path: s.a", "path: s.a, input: {c: y}"), {"lib": library}) == []


def test_an_own_name_like_a_librarys() -> None:
    own = (
        "actions:\n  lib.a: {type: shell, cmd: mine}\n  lib.b: {type: shell, cmd: mine}\n  x.y: {type: shell, cmd: x}\n"
    )
    validation = check(own, {"lib": "actions: {a: {type: shell, cmd: its}}"})
    assert told(validation.problems) == [
        ("name-collision", ".workflows/a.yaml", 2, "warning"),
        ("name-collision", ".workflows/a.yaml", 3, "warning"),
    ]
    assert validation.definitions.actions["lib.a"].script == "its"
    assert validation.definitions.actions["lib.b"].script == "mine"


def test_a_library_wins_where_a_workspace_has_no_workflow_folder() -> None:
    texts = {"a.yaml": "actions: {lib.a: {type: shell, cmd: mine}}", "b.yaml": "actions: {a: {type: shell, cmd: its}}"}
    own, library = parse("a.yaml", texts["a.yaml"].encode()), libraried(texts["b.yaml"], "lib", "b.yaml")
    known = Environment(runners={"local": None}, libraries=frozenset({"lib"}))
    found = validate({own.path: own, library.path: library}, lambda path: texts[path].encode(), known)
    assert found.definitions.actions["lib.a"].script == "its"


def test_a_name_that_two_files_of_a_library_define() -> None:
    text = "actions: {a: {type: shell, cmd: x}}"
    files = [libraried(text, "lib", path) for path in ("x.yaml", "y.yaml")]
    known = Environment(runners={"local": None}, libraries=frozenset({"lib"}))
    (problem,) = validate({file.path: file for file in files}, lambda _: text.encode(), known).problems
    assert (problem.code, problem.file, problem.column) == ("duplicate-name", "_libraries/lib/y.yaml", 11)


@pytest.mark.parametrize("section", ["actions: {a.b: {type: shell, cmd: x}}", "connection_types: {a.b: {}}"])
def test_names_in_a_library_hold_no_dot(section: str) -> None:
    (problem,) = problems_of("", {"lib": section})
    assert (problem.code, problem.path.endswith(".a.b")) == ("invalid-name", True)
    data = section.encode()
    alone = validate(
        {"a.yaml": parse("a.yaml", data)}, lambda _: data, Environment(runners={"local": None}, is_library=True)
    )
    assert [each.code for each in alone.problems] == ["invalid-name"]


def test_a_library_alone_is_checked_under_its_own_names() -> None:
    data = NEEDY.replace("p: y", "").encode() + b"  u: {flow: {s: {action: c}}}\n"
    known = Environment(runners={"local": None}, is_library=True)
    found = validate({"a.yaml": parse("a.yaml", data)}, lambda _: data, known)
    assert told(without_no_effect(found.problems)) == [("unknown-action", "a.yaml", 10, "error")]
    as_workspace = validate(found.files, lambda _: data, Environment(runners={"local": None}))
    assert {problem.code for problem in without_no_effect(as_workspace.problems)} == {
        "unknown-action",
        "unknown-secret",
        "unknown-connection",
        "unknown-mcp-server",
    }


def test_encrypted_files_of_a_library_are_nobodys_business() -> None:
    encrypted = libraried("x", path=".workflows/s.sops.yaml")
    assert encrypted.problems == ()
    own = "actions: {a: {type: shell, cmd: '{{ secret.x }}'}}"
    data = {".workflows/a.yaml": own.encode()}
    files = {".workflows/a.yaml": parse(".workflows/a.yaml", data[".workflows/a.yaml"]), encrypted.path: encrypted}
    found = validate(files, data.__getitem__, Environment(runners={"local": None}, libraries=frozenset({"notify"})))
    assert [problem.severity for problem in found.problems if problem.code == "unknown-secret"] == ["error"]


def test_own_folders_in_the_place_of_libraries() -> None:
    paths = ["a.yaml", "_libraries/notify/x", "_libraries/notify/y", "_libraries/other/x", "_libraries/http"]
    assert told(shadowed_folders(paths, {"notify", "http"})) == [("shadowed-folder", "_libraries/notify", 1, "warning")]


def test_a_runner_that_is_missing_here_does_not_hold_those_who_do_not_use_it() -> None:
    library = "actions: {a: {type: script, script: x, runner: ssh}}"
    assert told(problems_of("", {"lib": library})) == [
        ("unknown-runner", "_libraries/lib/.workflows/sub/a.yaml", 1, "warning")
    ]


def test_a_file_is_the_same_but_for_its_place() -> None:
    file = parse("a.yaml", NOTIFY.encode())
    once, again = as_library("notify", file), as_library("notify", file)
    assert attrs.asdict(once) == attrs.asdict(again)
    assert once.digest == file.digest


def test_a_library_renames_every_reference_but_files_and_servers() -> None:
    text = """\
    connection_types: {pg: {host: {}}}
    actions:
      a: {type: script, source: run.sh, input: {db: {type: pg}}}
      start: {type: task, task: t}
      ask: {type: agent, provider: p, prompt: x, tools: [{task: t}, {mcp: m}]}
    tasks:
      t:
        input: {db: {type: pg}}
        on_error: [{action: a}]
        on_cancel: [{action: start}]
        flow:
          one: {action: a}
          two: {type: script, script: "true"}
    """
    own = parse("flow.yaml", textwrap.dedent(text).encode())
    used = as_library("lib", own)
    assert own.definitions is not None
    assert used.definitions is not None
    for section in ("actions", "tasks"):
        for name, owner in getattr(own.definitions, section).items():
            renamed = getattr(used.definitions, section)[f"lib.{name}"]
            expected = [
                one if one.kind in ("file", "mcp_server") else one._replace(name=f"lib.{one.name}")
                for one in references(owner)
            ]
            assert list(references(renamed)) == expected
