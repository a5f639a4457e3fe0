"""Mistakes that show when the whole workspace is known: code, line, column and hint of each."""

import textwrap
from collections.abc import Callable, Mapping

import attrs
import pytest

from stroem.dialects.environment import Environment
from stroem.records.problem import Problem
from tests.validation.conftest import check_workspace

Check = Callable[..., tuple[Problem, ...]]
Expected = tuple[str, int, int, str | None]

GREET = """\
actions:
  greet: {type: shell, cmd: "hi {{ input.name }}", input: {name: {required: true}}}
  plain: {type: shell, cmd: hi}
"""

DECLARE = "declare it under `libraries:` in .stroem.yaml, unless the server declares it"
CASES: dict[str, tuple[str, list[Expected]]] = {
    "unknown actions": (
        """\
tasks:
  t:
    flow:
      a: {action: gret, input: {name: x}}
      b: {action: nothing}
    on_error: [{action: plane}]
on_success: [{action: grete}]
""",
        [
            ("unknown-action", 7, 19, "did you mean 'greet'?"),
            ("unknown-action", 8, 19, "one of greet, plain"),
            ("unknown-action", 9, 25, "did you mean 'plain'?"),
            ("unknown-action", 10, 23, "did you mean 'greet'?"),
        ],
    ),
    "names of others": (
        """\
  child: {type: task, task: lib.deploy}
tasks:
  t:
    input: {c: {type: lib.postgres}}
    flow: {a: {action: lib.greet}}
triggers:
  n: {type: scheduler, cron: "@daily", task: other.nightly}
connections:
  c: {type: lib.postgres, host: h}
""",
        [
            ("unknown-library", 4, 29, DECLARE),
            ("unknown-library", 7, 23, DECLARE),
            ("unknown-library", 8, 24, DECLARE),
            ("unknown-library", 10, 46, DECLARE),
            ("unknown-library", 12, 13, DECLARE),
        ],
    ),
    "steps": (
        """\
tasks:
  cycle:
    flow:
      a: {action: plain, depends_on: [c]}
      b: {action: plain, depends_on: [a]}
      c: {action: plain, depends_on: [b]}
      d: {action: plain, depends_on: [d]}
  names:
    flow:
      say-hello: {action: plain}
      say_hello: {action: plain, depends_on: [say-helo]}
      input: {action: plain}
""",
        [
            ("cycle", 7, 39, "remove one of these dependencies"),
            ("cycle", 10, 39, "remove one of these dependencies"),
            ("name-collision", 13, 7, "rename one"),
            ("unknown-step", 14, 47, "did you mean 'say-hello'?"),
            ("name-collision", 15, 7, "rename it"),
        ],
    ),
    "templates": (
        """\
secrets: {db: {password: long}, token: long}
tasks:
  t:
    input: {name: {}}
    flow:
      build-app: {action: plain}
      other: {action: plain}
      use:
        action: greet
        depends_on: [build-app]
        input:
          name: "{{ build-app.output.x }} {{ build_app.output }} {{ input.name }} {{ secret.db.password }}"
          typo: "{{ input.nmae }}, {{ secret.db.pasword }}, {{ secret.tokn }}"
          root: "{{ inptu.name }} {{ secrets.token }} {{ env.HOME }}"
          beside: "{{ other.output }} {{ use.output }} {{ last.output }}"
          part: "{{ build-app.outptu.x }}"
          each: "{{ each.item }}"
          maybe: "{{ input.extra | default(value=1) }} {% if secret.extra is defined %}x{% endif %}"
          broken: |
            fine
              {{ input.name
      last: {action: plain, depends_on: [use], when: "{{ other.output }}", for_each: "{{ each.item }}"}
""",
        [
            ("unknown-input", 16, 21, "did you mean 'name'?"),
            ("unknown-secret", 16, 39, "did you mean 'password'?"),
            ("unknown-secret", 16, 64, "did you mean 'token'?"),
            ("unknown-name", 17, 21, "did you mean 'input'?"),
            ("unknown-name", 17, 38, "write 'secret'"),
            ("unknown-name", 17, 58, "templates do not read the environment; write `$HOME` in a script"),
            ("not-upstream", 18, 23, "add 'other' to `depends_on` of 'use'"),
            ("not-upstream", 18, 42, "read the output of a step before it"),
            ("not-upstream", 18, 59, "step 'last' comes after 'use': turn the dependency round"),
            ("unknown-name", 19, 21, "did you mean 'output'?"),
            ("unknown-name", 20, 21, "only the input and the action of a step with `for_each` have it"),
            ("not-upstream", 25, 58, "add 'other' to `depends_on` of 'last'"),
            ("unknown-name", 25, 90, "only the input and the action of a step with `for_each` have it"),
        ],
    ),
    "inputs that nothing gives": (
        """\
tasks:
  t:
    flow:
      a: {action: greet}
      b: {type: shell, cmd: x, input: {v: {type: string, required: true}}}
  falls-through:
    input: {name: {}}
    flow: {a: {action: greet}}
on_error: [{action: greet}]
""",
        [
            ("missing-input", 7, 7, "add 'name' to `input:`"),
            ("missing-input", 8, 7, "add 'v' to `input:`"),
            ("missing-input", 12, 12, "add 'name' to `input:`"),
        ],
    ),
    "inputs of tasks that something gives": (
        """\
  start: {type: task, task: child}
tasks:
  child: {flow: {a: {type: shell, cmd: "{{ input.given }} {{ input.lost }}"}}}
  parent: {flow: {a: {action: start, input: {given: 1}}}}
  hooked: {flow: {a: {type: shell, cmd: "{{ input.body }} {{ input.extra }} {{ input.bdoy }}"}}}
  events: {flow: {a: {type: shell, cmd: "{{ input.anything }}"}}}
triggers:
  h: {type: webhook, name: h, task: hooked, input: {extra: 1}}
  e: {type: event_source, task: parent, target_task: events}
""",
        [
            ("unknown-input", 6, 62, "declare 'lost' under `input:`"),
            ("unknown-input", 8, 80, "declare 'bdoy' under `input:`"),
        ],
    ),
    "undeclared inputs of actions": (
        """\
  loose: {type: shell, cmd: "{{ input.x }} {{ input.y }}"}
  strict: {type: shell, cmd: "{{ input.nmae }}", input: {name: {}}}
  reader: {type: shell, cmd: "{{ build.output.x }} {{ inptu.x }}"}
tasks:
  t:
    flow:
      build: {action: loose, input: {x: 1}}
      b: {action: loose, input: {y: 1}}
      c: {action: reader, depends_on: [build]}
      d: {action: reader}
      e: {action: strict}
  u: {flow: {a: {action: reader}}}
""",
        [
            ("unknown-input", 5, 34, "did you mean 'name'?"),
            ("unknown-name", 6, 55, "did you mean 'input'?"),
            ("missing-input", 10, 7, "add 'y' to `input:`"),
            ("missing-input", 11, 7, "add 'x' to `input:`"),
            ("not-upstream", 13, 19, "add 'build' to `depends_on`"),
            ("unknown-name", 15, 26, "no step here is called 'build'"),
        ],
    ),
    "tasks that start tasks": (
        """\
  child: {type: task, task: chidl}
  me: {type: task, task: t}
  agent: {type: agent, provider: p, prompt: "{{ input.q }}", tools: [{task: tt}, {mcp: file}]}
tasks:
  t: {flow: {a: {action: me}, b: {type: task, task: t}}}
mcp_servers: {files: {}}
""",
        [
            ("unknown-task", 4, 29, "one of t"),
            ("unknown-task", 6, 77, "did you mean 't'?"),
            ("unknown-mcp-server", 6, 88, "did you mean 'files'?"),
            ("self-reference", 8, 26, "a task that starts itself never ends"),
            ("self-reference", 8, 53, "a task that starts itself never ends"),
        ],
    ),
    "triggers": (
        """\
tasks:
  t: {input: {n: {type: integer, required: true}}, flow: {a: {action: plain}}}
triggers:
  a: {type: scheduler, task: t, cron: "61 * * * *", timezone: Europe/Olso, input: {n: many}}
  b: {type: scheduler, task: tt, cron: "* * *"}
  c: {type: scheduler, task: t, cron: "0 0 30 2 *"}
  d: {type: event_source, task: t, target_task: u, env: {A: "{{ secret.x }}"}}
  e: {type: webhook, task: t, name: h}
  f: {type: webhook, task: t, name: h}
""",
        [
            ("invalid-cron", 7, 39, "expected 0 to 59"),
            ("unknown-timezone", 7, 63, "did you mean 'Europe/Oslo'?"),
            ("wrong-type", 7, 87, None),
            ("unknown-task", 8, 30, "did you mean 't'?"),
            (
                "invalid-cron",
                8,
                40,
                "write minute, hour, day, month and day of the week; seconds may stand before them",
            ),
            ("missing-input", 9, 3, "add 'n' to `input:`"),
            ("invalid-cron", 9, 39, "check the day, the month and the year"),
            ("unknown-task", 10, 49, "one of t"),
            ("unknown-secret", 10, 65, "declare it under `secrets:`"),
            ("duplicate-name", 12, 31, "rename one of them"),
        ],
    ),
    "connections": (
        """\
connection_types:
  pg: {host: {required: true}, port: {type: integer, default: x}, user: {default: me, required: true}}
connections:
  a: {type: pg, port: high, hots: h}
  b: {type: pgg}
  c: {type: pg, host: ""}
  d: {anything: "{{ secret.nope }}"}
  e: {type: pg, host: "{{ input.x }}"}
tasks:
  t:
    input:
      a: {type: pgg}
      b: {type: sting}
      c: {type: pg, default: d}
      d: {type: pg, default: bb}
    flow: {a: {action: plain}}
""",
        [
            ("wrong-type", 5, 63, None),
            ("missing-key", 7, 3, None),
            ("wrong-type", 7, 23, None),
            ("unknown-key", 7, 29, "did you mean 'host'?"),
            ("unknown-connection-type", 8, 13, "did you mean 'pg'?"),
            ("invalid-value", 9, 23, None),
            ("unknown-secret", 10, 21, "declare it under `secrets:`"),
            ("unknown-name", 11, 27, "one of secret"),
            ("unknown-connection-type", 15, 17, "did you mean 'pg'?"),
            ("unknown-connection-type", 16, 17, "did you mean 'string'?"),
            ("wrong-type", 17, 30, None),
            ("unknown-connection", 18, 30, "did you mean 'b'?"),
        ],
    ),
    "limits": (
        """\
tasks:
  t:
    input:
      a: {type: integer, min: 5, max: 4}
      b: {type: date, min: soon}
      c: {min: 3, max_length: 2, min_length: 5}
      d: {type: boolean, pattern: x, min_items: 1}
      e: {pattern: "(?=a)"}
      f: {type: integer, min: 1, default: 0, options: [0, 1]}
      g: {pattern: "[a-z]+", max_length: 2, default: ABC}
      h: {multiple: true, min_items: 2, default: [a]}
      i: {type: number, multiple: true, max: 3, default: [1, 4]}
      j: {secret: true, min_length: 9, default: hunter2}
      k: {pattern: "[a-z]+", default: "{{ 1 }}"}
      l: {pattern: "[a-z]+", default: ""}
    flow: {a: {action: plain}}
""",
        [
            ("invalid-value", 7, 39, None),
            ("wrong-type", 8, 28, "write it like 2026-01-31"),
            ("conflicting-keys", 9, 11, "write min_length or max_length"),
            ("invalid-value", 9, 31, None),
            ("conflicting-keys", 10, 26, None),
            ("conflicting-keys", 10, 38, "add `multiple: true`"),
            (
                "invalid-value",
                11,
                20,
                "the syntax is that of RE2: no lookaround, no references back, no repetition over 1000",
            ),
            ("invalid-value", 12, 43, None),
            ("invalid-value", 12, 56, None),
            ("invalid-value", 13, 54, None),
            ("invalid-value", 13, 54, None),
            ("invalid-value", 14, 41, None),
            ("invalid-value", 15, 62, None),
            ("invalid-value", 16, 49, None),
        ],
    ),
    "options from tasks": (
        """\
  asks: {type: approval, message: x, input: {a: {options_from: {task: find, path: a.b}}}}
connection_types: {pg: {host: {}}}
tasks:
  find:
    input: {n: {type: integer, required: true}, s: {}}
    flow: {a: {action: plain}}
  t:
    input:
      n: {type: integer}
      p: {secret: true}
      a: {options_from: {task: find, path: a, input: {n: "{{ input.n }}"}}}
      b: {options_from: {task: fnd, path: a}}
      c: {options_from: {task: t, path: a}}
      d: {options_from: {task: find, path: a, input: {s: "{{ input.d }}"}}}
      e: {options_from: {task: find, path: a, input: {n: x, ss: "{{ input.p }}"}}, options: [1], secret: true}
      f: {type: pg, options_from: {task: find, path: a, input: {n: "{{ secret.n }}"}}}
      g: {options_from: {task: find}}
      h: {options_from: {task: find, path: a, input: {n: 1}, timeout: 10m, cache: 0}}
    flow: {a: {action: plain}}
""",
        [
            ("conflicting-keys", 4, 50, "write the options under `options`"),
            ("unknown-task", 15, 32, "did you mean 'find'?"),
            ("self-reference", 16, 32, "name another task"),
            ("missing-input", 17, 11, "add 'n' to `input:`"),
            ("unknown-input", 17, 62, "one of a, b, c, e, f, g, h, n, p"),
            ("conflicting-keys", 18, 11, "keep one of them"),
            ("conflicting-keys", 18, 11, "keep one of them"),
            ("conflicting-keys", 18, 47, "read other fields"),
            ("wrong-type", 18, 58, None),
            ("unknown-input", 18, 61, "did you mean 's'?"),
            ("conflicting-keys", 19, 21, None),
            ("unknown-name", 19, 72, "one of input"),
            ("missing-key", 20, 11, None),
            ("out-of-range", 21, 71, "expected 1s to 300s"),
        ],
    ),
    "values for the inputs of others": (
        """\
  child: {type: task, task: t, input: {own: {type: integer}}}
  takes: {type: shell, cmd: x, input: {n: {type: integer, max: 3}, db: {type: pg}}}
connection_types:
  pg: {host: {}}
  my: {host: {}}
connections:
  main: {type: pg, host: h}
  other: {type: my, host: h}
tasks:
  t:
    input: {n: {type: integer, max: 3}, db: {type: pg}, s: {pattern: "[a-z]*"}}
    flow: {a: {action: plain}}
  u:
    flow:
      a: {action: takes, input: {n: 4, db: other}}
      b: {action: child, input: {n: many, db: mian, own: x, s: 12}}
      c: {action: child, input: {n: "{{ 1 }}", db: {host: x}, s: ""}}
    on_error:
      - {action: child, input: {n: 7}}
triggers:
  s: {type: scheduler, cron: "@daily", task: t, input: {db: other, n: 9}}
""",
        [
            ("invalid-value", 18, 37, None),
            ("wrong-type", 18, 44, None),
            ("wrong-type", 19, 37, None),
            ("unknown-connection", 19, 47, "did you mean 'main'?"),
            ("wrong-type", 19, 58, None),
            ("invalid-value", 22, 36, None),
            ("wrong-type", 24, 61, None),
            ("invalid-value", 24, 71, None),
        ],
    ),
    "slips in what is given": (
        """\
  child: {type: task, task: t}
tasks:
  t:
    input: {name: {}}
    flow:
      a: {action: greet, input: {name: x, nmae: y, other: z}}
      b: {type: shell, cmd: x, input: {v: {type: string}, vv: 1}}
      c: {action: plain, input: {anything: 1}}
triggers:
  s: {type: scheduler, cron: "@daily", task: t, input: {nam: 1}}
""",
        [
            ("unknown-input", 9, 43, "did you mean 'name'?"),
            ("unknown-input", 10, 59, "did you mean 'v'?"),
            ("unknown-input", 13, 57, "did you mean 'name'?"),
        ],
    ),
    "defaults and options": (
        """\
tasks:
  t:
    input:
      a: {type: integer, default: x}
      b: {type: date, default: 31.1.2026}
      c: {type: datetime, default: 2026-01-31}
      d: {type: boolean, default: 1}
      e: {options: [a, b], default: c}
      f: {options: [a, b], default: c, allow_custom: true}
      g: {options: []}
      h: {multiple: true, default: x}
      i: {multiple: true, default: [x, y], options: [x]}
      j: {type: number, options: [1, two], default: "{{ secret.n }}"}
    flow: {a: {action: plain}}
""",
        [
            ("wrong-type", 7, 35, None),
            ("wrong-type", 8, 32, "write it like 2026-01-31"),
            ("wrong-type", 10, 35, None),
            ("invalid-value", 11, 37, None),
            ("invalid-value", 13, 11, None),
            ("wrong-type", 14, 36, None),
            ("invalid-value", 15, 40, None),
            ("wrong-type", 16, 38, None),
            ("unknown-secret", 16, 57, "declare it under `secrets:`"),
        ],
    ),
    "secrets of stores in triggers": (
        """\
secrets:
  hook: ref+vault://hooks#/secret
  db: {token: ref+vault://db}
  own: of-this-workspace
tasks:
  t: {flow: {a: {action: plain}}}
triggers:
  one: {type: webhook, name: n, task: t, secret: "{{ secret.hook }}"}
  two: {type: webhook, name: m, task: t, secret: "{{ secret.own }}"}
""",
        [
            (
                "invalid-value",
                11,
                50,
                "stores are read for steps of jobs; give the trigger a secret with its value under `secrets:`",
            ),
        ],
    ),
    "secrets": (
        """\
secrets:
  a: "{{ input.x }}"
  b: {c: "{{ 'ref+vault://x' | vals }}", d: ref+vault://shop/db#/password}
  e: "see {{ 'ref+vault://x' | vals }}"
  f: ref+vault://shop/../x
  g: ref+vault
""",
        [
            ("unknown-name", 5, 10, None),
            ("invalid-value", 7, 6, "write ref+STORE://PATH or ref+STORE://PATH#/KEY"),
            ("invalid-value", 8, 6, "STORE is a name under `secret_stores` of the server's settings"),
            ("invalid-value", 9, 6, "STORE is a name under `secret_stores` of the server's settings"),
        ],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_mistakes(name: str, problems_of: Check) -> None:
    text, expected = CASES[name]
    found = [
        (problem.code, problem.line, problem.column, problem.hint)
        for problem in problems_of(GREET + text)
        if problem.code != "template-syntax"
    ]
    assert found == expected


def test_a_template_that_does_not_parse_is_told_at_its_line(problems_of: Check) -> None:
    text = "actions:\n  a:\n    type: shell\n    cmd: |\n      echo fine\n        {{ input. }}\n"
    (problem,) = problems_of(text)
    assert (problem.code, problem.line, problem.path) == ("template-syntax", 6, "actions.a.cmd")
    assert problem.hint is not None


@pytest.mark.parametrize(
    ("script", "hint"),
    [
        ("{{ env.HOME }}", "write `$HOME` in a script"),
        ("{{ steps.a_b.outputs.v }}", "write `a_b.output.v`"),
        ("{{ needs.a_b.v }}", "write `a_b.output.v`"),
        ("{{ steps.zz.v }}", "the output of a step is `STEP.output`"),
        ("{{ secrets.TOKEN }}", "write 'secret'"),
    ],
)
def test_what_templates_of_other_tools_read_has_a_hint(script: str, hint: str, problems_of: Check) -> None:
    step = f"s: {{type: script, script: '{script}', depends_on: [a-b]}}"
    problems = problems_of(f"tasks: {{t: {{flow: {{a-b: {{type: script, script: x}}, {step}}}}}}}")
    assert any(hint in (problem.hint or "") for problem in problems), problems


def test_a_part_that_hooks_do_not_have_is_told_with_those_they_have(problems_of: Check) -> None:
    text = "actions: {a: {type: script, script: x, input: {m: {}}}}\n"
    text += "on_error: [{action: a, input: {m: '{{ hook.fault }}'}}]\n"
    (problem,) = problems_of(text)
    assert problem.hint is not None
    assert "error_message" in problem.hint


def test_steps_written_as_one_text_are_told_as_a_list(problems_of: Check) -> None:
    flow = "{a: {type: script, script: x}, b: {type: script, script: x}, c: {type: script, script: x, "
    (problem,) = problems_of(f"tasks: {{t: {{flow: {flow}depends_on: 'a, b'}}}}}}}}")
    assert (problem.code, problem.hint) == ("unknown-step", "write [a, b]")


def test_a_default_in_words_of_yaml_1_1(problems_of: Check) -> None:
    (problem,) = problems_of(
        "actions: {a: {type: script, script: '{{ input.f }}', input: {f: {type: boolean, default: yes}}}}"
    )
    assert problem.hint == "write true"


@pytest.mark.parametrize(
    ("script", "place"),
    [
        ('echo a\necho b\necho "at {{"\necho d\n', (6, 16)),
        ('echo "{{ input.x }} {{"\necho "d"\n', (4, 27)),
        ('echo {{ "a" \necho "c"\n{{ "d" }}\n', (4, 12)),
        ("echo a\n{%- if 1\necho c", (5, 7)),
    ],
)
def test_a_template_that_is_not_closed_is_told_where_it_begins(
    script: str, place: tuple[int, int], problems_of: Check
) -> None:
    block = script.rstrip("\n").replace("\n", "\n" + " " * 6)
    problems = problems_of(f"actions:\n  a:\n    script: |\n      {block}\n    type: script\n")
    (problem,) = [one for one in problems if one.code == "template-syntax"]
    assert (problem.line, problem.column) == place
    assert "is not closed" in problem.message


def test_a_cycle_is_shown(problems_of: Check) -> None:
    flow = "{b: {action: a, depends_on: [c]}, c: {action: a, depends_on: [b]}, d: {action: a, depends_on: [c]}}"
    (problem,) = problems_of(f"actions: {{a: {{type: shell, cmd: x}}}}\ntasks: {{t: {{flow: {flow}}}}}")
    assert problem.message == "these steps wait for each other: b → c → b"


def test_problems_stand_where_the_text_is_written(problems_of: Check) -> None:
    text = "actions:\n  a: {type: shell, script: no.sh}\ntasks: {t: {flow: {s: {type: shell, cmd: '{{ no.x }}'}}}}"
    problems = problems_of(text, Environment(runners={}, files=[".workflows/a.yaml"]))
    assert [(problem.path, problem.column) for problem in problems] == [
        ("actions.a.script", 28),
        ("tasks.t.flow.s.cmd", 46),
    ]


@pytest.mark.parametrize(
    ("source", "is_missing"),
    [
        ("scripts/run.sh", False),
        ("./scripts/../scripts/run.sh", False),
        ("scripts/{{ input.x }}.sh", False),
        ("scripts", True),
        ("../run.sh", True),
        ("/etc/passwd", True),
        ("scripts/rum.sh", True),
    ],
)
def test_files_must_be_in_the_workspace(source: str, is_missing: bool, problems_of: Check) -> None:
    known = Environment(runners={}, files=["scripts/run.sh"])
    problems = problems_of(f'actions: {{a: {{type: script, source: "{source}"}}}}', known)
    assert [problem.code for problem in problems] == ["missing-file"] * is_missing


@attrs.frozen(kw_only=True)
class Jump:
    """A host on the way."""

    host: str
    port: int = 22


@attrs.frozen(kw_only=True)
class SshOptions:
    """Where to run."""

    host: str
    retries: int = attrs.field(default=0, validator=attrs.validators.le(3))
    jumps: tuple[Jump, ...] = ()


@pytest.mark.parametrize(
    ("runner", "expected"),
    [
        ("runner: ssh, options: {host: h, retries: 1, jumps: [{host: j}]}", []),
        ("runner: ssh, options: {host: '{{ input.h }}', retries: '{{ input.n }}'}", []),
        ("runner: docker, options: {any: thing}", []),
        ("runner: shh", [("unknown-runner", 48, "did you mean 'ssh'?")]),
        ("runner: ssh", [("missing-key", 11, "the runner needs it")]),
        (
            "runner: ssh, options: {hots: '{{ input.h }}'}",
            [("missing-key", 53, "the runner needs it"), ("unknown-key", 63, "did you mean 'host'?")],
        ),
        (
            "runner: ssh, options: {host: h, jumps: [{prot: 1}]}",
            [("missing-key", 80, None), ("unknown-key", 81, "did you mean 'port'?")],
        ),
        ("runner: ssh, options: {host: h, retries: x}", [("wrong-type", 81, None)]),
        ("runner: ssh, options: {host: h, retries: 4}", [("invalid-value", 53, None)]),
        ("options: {a: 1}", [("forbidden-key", 40, None)]),
    ],
)
def test_options_of_runners(runner: str, expected: list[tuple[str, int, str | None]], problems_of: Check) -> None:
    known = Environment(runners={"local": None, "ssh": SshOptions})
    problems = problems_of(f"actions: {{a: {{type: script, script: x, {runner}}}}}", known)
    assert [(problem.code, problem.column, problem.hint) for problem in problems] == expected


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ("{host: h}", []),
        ("{hots: h}", [("missing-key", "the runner needs it"), ("unknown-key", "did you mean 'host'?")]),
    ],
)
def test_options_of_containers(options: str, expected: list[tuple[str, str]], problems_of: Check) -> None:
    text = f"actions: {{a: {{type: docker, image: x, options: {options}}}}}"
    problems = problems_of(text, Environment(runners={"local": None, "docker": SshOptions}))
    assert [(problem.code, problem.hint) for problem in problems] == expected


def test_names_in_two_files_are_told_with_both_places(problems_of: Check) -> None:
    task = "tasks:\n  t: {flow: {a: {type: shell, cmd: x}}}\n"
    files: Mapping[str, str] = {".workflows/b.yaml": task, ".workflows/a.yaml": f"secrets: {{x: 1}}\n{task}"}
    (problem,) = problems_of(files)
    assert (problem.file, problem.line, problem.column) == (".workflows/b.yaml", 2, 3)
    assert problem.message == "task 't' is already defined in .workflows/a.yaml:3:3"


def test_what_is_broken_elsewhere_is_no_mistake_here(problems_of: Check) -> None:
    problems = problems_of(
        {
            ".workflows/a.yaml": "actions: {a: {type: shel}}",
            ".workflows/b.yaml": "actions:\n  b: {type: shell\ntasks:\n  u: 1\n",
            ".workflows/c.yaml": "tasks: {t: {flow: {s: {action: a}, r: {action: b}}}}",
            ".workflows/d.yaml": "triggers: {x: {type: scheduler, cron: '@daily', task: u}}",
        }
    )
    assert [problem.code for problem in problems] == ["unknown-value", "yaml-syntax"]


def test_what_follows_from_a_mistake_in_a_task_is_not_told(problems_of: Check) -> None:
    flow = "{a: {type: shell, cmd: x}, b: {type: shell, cmd: '{{ a.output }} {{ no.output }}', dependson: [a]}}"
    assert [problem.code for problem in problems_of(f"tasks: {{t: {{flow: {flow}}}}}")] == [
        "unknown-name",
        "unknown-key",
    ]


def test_a_secret_that_is_too_short_to_be_masked_is_warned_of(problems_of: Check) -> None:
    problems = problems_of("secrets: {pin: '123', pins: {a: abc}, long: '1234', none: ''}")
    assert [(one.code, one.path, one.severity) for one in problems] == [
        ("short-secret", "secrets.pin", "warning"),
        ("short-secret", "secrets.pins.a", "warning"),
    ]


def test_encrypted_files_may_hold_the_secret(problems_of: Check) -> None:
    text = 'actions: {a: {type: shell, cmd: "{{ secret.x }}"}}'
    problems = problems_of({".workflows/a.yaml": text, ".workflows/s.sops.yaml": "x: y"})
    assert [(problem.code, problem.severity) for problem in problems] == [
        ("unknown-secret", "warning"),
        ("encrypted-file", "warning"),
    ]


def test_names_that_no_variable_can_have(problems_of: Check) -> None:
    text = """\
    actions:
      bad:
        type: script
        script: "true"
        env: {"": a, "A=B": b, FINE: c}
    tasks:
      t: {flow: {a: {action: bad}}}
    triggers:
      watch: {type: event_source, task: t, target_task: t, env: {"=": x}}
    mcp_servers:
      tools: {transport: stdio, command: x, env: {"": y}}
    """
    found = [(one.code, one.line, one.message) for one in problems_of(text) if one.code == "invalid-name"]
    assert found == [
        ("invalid-name", 5, "the name of a variable is empty"),
        ("invalid-name", 5, "the name of a variable holds ="),
        ("invalid-name", 9, "the name of a variable holds ="),
        ("invalid-name", 11, "the name of a variable is empty"),
    ]


def test_values_that_are_not_kept(problems_of: Check) -> None:
    text = """\
    tasks:
      t:
        input:
          a: {type: integer, default: 9223372036854775808}
          "b\\0": {}
          c: {default: "d\\0"}
        flow: {}
    """
    found = [(one.code, one.line) for one in problems_of(text) if one.code != "empty-flow"]
    assert found == [("invalid-number", 4), ("invalid-text", 5), ("invalid-text", 6)]


def test_the_input_of_an_approval_is_its_form() -> None:
    text = """
        actions:
          ask: {type: approval, message: "{{ input.version }}?", input: {note: {required: true}}}
        tasks: {t: {flow: {a: {action: ask, input: {version: "1", noet: x}}}}}
    """
    assert check_workspace({"a.yaml": textwrap.dedent(text)}).problems == ()
