"""Mistakes that one file shows by itself: code, line, column and hint of each."""

import textwrap

import pytest

from tests.support.parsing import parse

Expected = tuple[str, int, int, str | None]

ALL_KEYS = (
    "one of actions, connection_types, connections, limits, mcp_servers, on_cancel, on_error, on_success, "
    "on_suspended, secrets, tasks, triggers"
)
CASES: dict[str, tuple[str, list[Expected]]] = {
    "top level": (
        "actionz: {}\n12: x\ntasks: []\non_error: x\n",
        [
            ("unknown-key", 1, 1, "did you mean 'actions'?"),
            ("unknown-key", 2, 1, ALL_KEYS),
            ("wrong-type", 3, 1, "of names to what they stand for"),
            ("wrong-type", 4, 11, "write [x]"),
        ],
    ),
    "no mapping at all": ("just text", [("wrong-type", 1, 1, "with keys like actions, tasks, triggers")]),
    "unknown keys": (
        """\
        actions:
          a:
            type: shell
            cmd: x
            imag: alpine
            dependsOn: x
        tasks:
          t:
            flow:
              a: {action: a, depends-on: [b]}
            descripton: x
        """,
        [
            ("unknown-key", 5, 5, "did you mean 'image'?"),
            ("unknown-key", 6, 5, "did you mean 'dependencies'?"),
            ("unknown-key", 10, 22, "did you mean 'depends_on'?"),
            ("unknown-key", 11, 5, "did you mean 'description'?"),
        ],
    ),
    "wrong types": (
        """\
        actions:
          a:
            type: script
            script: [echo]
            env: {PORT: [8080], ON: true}
            args: {a: b}
            input: {x: {required: yes, order: first}}
            interactive: 1
        """,
        [
            ("wrong-type", 4, 5, "write echo"),
            ("wrong-type", 5, 11, None),
            ("wrong-type", 6, 5, "begin each entry with `- `"),
            ("wrong-type", 7, 27, "write true"),
            ("wrong-type", 7, 39, None),
            ("forbidden-key", 8, 5, None),
        ],
    ),
    "types of actions": (
        """\
        actions:
          none: {cmd: x}
          empty: {}
          slip: {type: shel, cmd: x}
          list: [x]
        """,
        [
            ("missing-key", 2, 3, "write `type: shell`"),
            ("missing-key", 3, 3, "one of shell, script, docker, pod, task, agent, approval, wait, signal"),
            ("unknown-value", 4, 16, "did you mean 'shell'?"),
            ("wrong-type", 5, 3, None),
        ],
    ),
    "what a script needs": (
        """\
        actions:
          neither: {type: script}
          both: {type: script, script: x, source: y}
          shell_neither: {type: shell}
          shell_both: {type: shell, cmd: x, script: y}
          shell_source: {type: shell, source: x}
        """,
        [
            ("missing-key", 2, 3, "write `script:` with the text, or `source:` with the path of a file"),
            ("conflicting-keys", 3, 35, "keep `script` for text, or `source` for the path of a file"),
            ("missing-key", 4, 3, "write `cmd:` with the text, or `script:` with the path of a file"),
            ("conflicting-keys", 5, 37, "keep `cmd` for text, or `script` for the path of a file"),
            ("missing-key", 6, 3, "write `cmd:` with the text, or `script:` with the path of a file"),
            ("forbidden-key", 6, 31, "write `script:` with the path"),
        ],
    ),
    "what a script may not have": (
        """\
        actions:
          a: {type: script, script: x, cmd: y, entrypoint: [z], message: m}
          b: {type: script, script: x, image: alpine}
          c: {type: script, script: x, runner: docker, manifest: {}}
          d: {type: shell, cmd: x, image: alpine, runner: local}
        """,
        [
            ("forbidden-key", 2, 32, "write `script:`, or `type: shell`"),
            ("forbidden-key", 2, 40, "write `interpreter:`, or `type: docker`"),
            ("forbidden-key", 2, 57, None),
            ("forbidden-key", 3, 32, "write `runner: docker`"),
            ("forbidden-key", 4, 48, "write `runner: pod`"),
            ("forbidden-key", 5, 28, "write `runner: docker`"),
        ],
    ),
    "containers": (
        """\
        actions:
          a: {type: docker, cmd: x}
          b: {type: docker, image: x, script: y, runner: docker, manifest: {}, language: go}
          c: {type: pod, image: x, dependencies: [y], args: [z]}
        """,
        [
            ("missing-key", 2, 3, "actions of type docker need it"),
            ("forbidden-key", 3, 31, "write `cmd:`, or `type: script` with `runner: docker`"),
            ("forbidden-key", 3, 42, "write `type: script` with `runner: docker`"),
            ("forbidden-key", 3, 58, "write `type: pod`"),
            ("forbidden-key", 3, 72, None),
            ("forbidden-key", 4, 28, None),
            ("forbidden-key", 4, 47, None),
        ],
    ),
    "actions of the server": (
        """\
        actions:
          a: {type: task, env: {A: b}}
          b: {type: approval, script: x}
          c: {type: agent, provider: x, tools: [{}, {task: a, mcp: b}], max_turns: 101, temperature: -1}
        """,
        [
            ("missing-key", 2, 3, "actions of type task need it"),
            ("forbidden-key", 2, 19, None),
            ("missing-key", 3, 3, "actions of type approval need it"),
            ("forbidden-key", 3, 23, None),
            ("missing-key", 4, 3, "actions of type agent need it"),
            ("missing-key", 4, 41, None),
            ("conflicting-keys", 4, 45, None),
            ("out-of-range", 4, 76, "expected 1 to 100"),
            ("out-of-range", 4, 94, "expected at least 0"),
        ],
    ),
    "details of scripts": (
        """\
        actions:
          a:
            {language: python, type: script, script: x, interpreter: "python -u",
             dependencies: [ok>=1, "a; b", -r x], args: [a, " "]}
          b: {type: script, script: x, language: rust, runner: [x]}
        """,
        [
            ("invalid-value", 3, 62, "use letters, digits and . _ / + -; arguments go to args"),
            ("invalid-value", 4, 28, "write a package, like requests>=2.31"),
            ("invalid-value", 4, 36, "write a package, like requests>=2.31"),
            ("invalid-value", 4, 53, None),
            ("unknown-value", 5, 42, None),
            ("wrong-type", 5, 48, "write x"),
        ],
    ),
    "options among dependencies, and languages without any": (
        """\
        actions:
          a: {type: script, language: python, script: x, dependencies: [" --target=/x", "rich --pre", x-y]}
          b: {type: script, language: go, script: x, dependencies: [rich]}
          c: {type: script, script: x, dependencies: [rich]}
          d: {type: script, language: js, script: x, dependencies: [left-pad@^1.3, "@scope/name"]}
          e: {type: script, language: ts, script: x, dependencies: ["https://example.org/x.tgz"]}
          f: {type: script, language: js, source: x.js, dependencies: [left-pad]}
        """,
        [
            ("invalid-value", 2, 65, "write a package, like requests>=2.31"),
            ("invalid-value", 2, 81, "write a package, like requests>=2.31"),
            ("forbidden-key", 3, 46, "a script in go takes its packages from the `go.mod` beside its `source`"),
            ("forbidden-key", 4, 32, "set `language`, or use an image that has what the script needs"),
            (
                *("forbidden-key", 6, 46),
                "write name and version, like left-pad@^1.3 or @scope/name@2.0.1; no options, files, addresses or git",
            ),
            ("forbidden-key", 7, 49, "write the text as `script`, or use an image that has the packages"),
        ],
    ),
    "names of images": (
        """\
        actions:
          a: {type: docker, image: UPPER case}
          b: {type: docker, image: "ghcr.io/Team/tool"}
          c: {type: docker, image: "tool:"}
          d: {type: docker, image: "{{ input.image }}"}
          e: {type: docker, image: "localhost:5000/team/tool__x:v1.2"}
        """,
        [
            (
                "invalid-value",
                2,
                28,
                "write it in small letters, without blanks, like registry.example.org/team/tool:1.2",
            ),
            (
                "invalid-value",
                3,
                28,
                "write it in small letters, without blanks, like registry.example.org/team/tool:1.2",
            ),
            (
                "invalid-value",
                4,
                28,
                "write it in small letters, without blanks, like registry.example.org/team/tool:1.2",
            ),
        ],
    ),
    "manifests that would leave the pod": (
        """\
        actions:
          a:
            type: pod
            image: x
            manifest:
              spec:
                hostNetwork: true
                hostPID: false
                containers: [{securityContext: {privileged: true, allowPrivilegeEscalation: true}}]
                volumes: [{hostPath: {path: /}}, {x: /var/run/docker.sock}]
        """,
        [
            ("forbidden-manifest", 7, 9, "remove it"),
            ("forbidden-manifest", 9, 41, "remove it"),
            ("forbidden-manifest", 9, 59, "remove it"),
            ("forbidden-manifest", 10, 20, "remove it"),
            ("forbidden-manifest", 10, 43, "remove it"),
        ],
    ),
    "steps": (
        """\
        tasks:
          none: {}
          empty: {flow: {}}
          list: {flow: [a]}
          t:
            flow:
              neither: {name: x}
              text: deploy
              both: {action: a, type: shell, cmd: x}
              lost: {cmd: x}
              mixed: {action: a, env: {A: b}}
              inline: {type: shell, cmd: x, cmdd: y}
              a[0]: {action: a}
              a~2: {action: a}
              a.b: {action: a}
        """,
        [
            ("missing-key", 2, 3, None),
            ("empty-flow", 3, 11, None),
            ("wrong-type", 4, 10, "of step names to steps: `build: { … }` for `- name: build`"),
            ("missing-key", 7, 7, "name an action, or write one here with `type:`"),
            ("wrong-type", 8, 13, None),
            ("conflicting-keys", 9, 14, "keep `action` to use an action, or `type` to write one here"),
            ("missing-key", 10, 7, "name an action, or write one here with `type:`"),
            ("forbidden-key", 10, 14, "add `type:` to write the action here"),
            ("forbidden-key", 11, 26, "write it in the action"),
            ("unknown-key", 12, 37, "did you mean 'cmd'?"),
            ("invalid-name", 13, 7, "brackets are kept for the instances of loops"),
            ("invalid-name", 14, 7, "~ is kept for further visits and attempts of a step, as in check~2"),
        ],
    ),
    "lengths of time and retries": (
        """\
        tasks:
          t:
            timeout: 3 weeks
            retry: {max_attempts: 11, delay: 61m, backoff: linear}
            flow:
              a: {action: x, timeout: 25h}
              b: {action: x, timeout: 0}
              c: {action: x, timeout: 1.5}
              d: {action: x, retry: 3}
          u: {timeout: 8d, flow: {a: {action: x}}}
          v: {timeout: 169h, flow: {a: {action: x}}}
        """,
        [
            ("invalid-duration", 3, 14, "write seconds, or 1h30m, 90s, 2h"),
            ("out-of-range", 4, 27, "expected 1 to 10"),
            ("out-of-range", 4, 38, "expected 1s to 1h"),
            ("unknown-value", 4, 52, None),
            ("out-of-range", 6, 31, "expected 1s to 24h"),
            ("out-of-range", 7, 31, "expected 1s to 24h"),
            ("wrong-type", 8, 31, "write seconds, or 1h30m, 90s, 2h"),
            ("wrong-type", 9, 29, None),
            ("out-of-range", 10, 16, "expected 1s to 168h"),
            ("out-of-range", 11, 16, "expected 1s to 168h"),
        ],
    ),
    "values in the form of an approval": (
        """\
        tasks:
          t:
            flow:
              a:
                type: approval
                message: x
                input:
                  why: {required: true}
                  count: {type: integer, minimum: 1}
                  who: {type: string}
                  about: "{{ input.x }}"
              b: {type: script, script: x, input: {why: {required: true}}}
        """,
        [
            ("invalid-value", 8, 11, "add the `type` of the field"),
            ("invalid-value", 9, 11, "correct the keys of the field"),
        ],
    ),
    "artifacts and caches": (
        """\
        tasks:
          t:
            flow:
              a: {action: x, artifacts: [/abs, a/../b, "a**", ok/**]}
              b: {action: x, artifacts: {paths: "[z-a]", keep: 10s, kept: 1}}
              c: {action: x, cache: v1}
              d: {action: x, cache: {key: [1], ttl: soon, files: ../x}}
              e: {artifacts: x, steps: {f: {action: x}}}
        actions:
          g: {type: task, task: t, cache: {}}
        """,
        [
            ("invalid-value", 4, 34, None),
            ("invalid-value", 4, 40, None),
            ("invalid-value", 4, 48, None),
            ("invalid-value", 5, 41, None),
            ("out-of-range", 5, 56, "expected 60s to 87600h"),
            ("unknown-key", 5, 61, "did you mean 'keep'?"),
            ("wrong-type", 6, 29, "write `cache: { key: 'v1' }`"),
            ("wrong-type", 7, 30, None),
            ("invalid-duration", 7, 45, "write seconds, or 1h30m, 90s, 2h"),
            ("invalid-value", 7, 58, None),
            ("forbidden-key", 8, 11, "write it in one of them"),
            ("forbidden-key", 10, 28, None),
        ],
    ),
    "tokens of steps": (
        """\
        actions:
          a: {type: script, script: x, stroem_token: {verbs: [job.run, user.manage, job.runs]}}
          b: {type: script, script: x, stroem_token: {}}
          c: {type: script, script: x, stroem_token: job.run}
          d: {type: docker, image: x, stroem_token: {verbs: job.run, days: 3}}
          e: {type: approval, message: x, stroem_token: {verbs: [job.run]}}
        """,
        [
            ("invalid-value", 2, 64, None),
            ("invalid-value", 2, 77, None),
            ("missing-key", 3, 32, "name what the step may do, such as `verbs: [job.run]`"),
            ("wrong-type", 4, 46, None),
            ("unknown-key", 5, 62, "one of verbs"),
            ("forbidden-key", 6, 35, None),
        ],
    ),
    "fields": (
        """\
        tasks:
          t:
            input:
              a: {type: boolean, multiple: true}
              b: {type: string, multiple: true, secret: true}
              c: text
              d: {options: x}
            flow: {a: {action: x}}
        actions:
          x: {type: shell, cmd: x, output: {a: {type: text}}}
        """,
        [
            ("conflicting-keys", 4, 26, "a choice of several words is a string"),
            ("conflicting-keys", 5, 25, "keep one of them"),
            ("wrong-type", 6, 10, None),
            ("wrong-type", 7, 20, "write [x]"),
            ("unknown-value", 10, 47, None),
        ],
    ),
    "triggers": (
        """\
        triggers:
          a: {type: scheduler, task: t, name: x}
          b: {type: webhook, task: t, name: "a b", cron: x, timeout_secs: 301}
          c: {type: event_source, task: t, target_task: t, backoff_secs: 0}
          d: {type: cron, task: t}
          e: {type: webhook}
        """,
        [
            ("missing-key", 2, 3, "triggers of type scheduler need one of them"),
            ("forbidden-key", 2, 33, "triggers of type webhook have it"),
            ("invalid-name", 3, 37, "write at most 128 letters, digits, - and _"),
            ("forbidden-key", 3, 44, "triggers of type scheduler have it"),
            ("out-of-range", 3, 67, "expected 1 to 300"),
            ("self-reference", 4, 49, None),
            ("out-of-range", 4, 66, "expected at least 1"),
            ("unknown-value", 5, 13, "write `type: scheduler` with `cron:`"),
            ("missing-key", 6, 3, "triggers of type webhook need it"),
            ("missing-key", 6, 3, None),
        ],
    ),
    "names": (
        """\
        secrets: {a-b: 1, c: {"d.e": 2}}
        connection_types:
          text: {}
          pg: {type: {}}
        actions:
          a/b: {type: shell, cmd: x}
          " c": {type: shell, cmd: x}
          _inline:a:b: {type: shell, cmd: x}
        """,
        [
            ("invalid-name", 1, 11, "use letters, digits and _"),
            ("invalid-name", 1, 23, "use letters, digits and _"),
            ("invalid-name", 3, 3, "choose another"),
            ("invalid-name", 4, 8, "choose another"),
            ("invalid-name", 6, 3, "a name holds no slash, backslash or control character"),
            ("invalid-name", 7, 3, "a name has no blank at its ends and is not empty"),
            ("invalid-name", 8, 3, "names that begin with _inline: and _hook: are kept for Strøm"),
        ],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_mistakes(name: str) -> None:
    text, expected = CASES[name]
    problems = parse(".workflows/a.yaml", textwrap.dedent(text).encode()).problems
    found = [(problem.code, problem.line, problem.column, problem.hint) for problem in problems]
    assert found == expected


def test_a_problem_names_the_way_to_its_value() -> None:
    text = "tasks:\n  t:\n    flow:\n      a: {action: x, depends_on: [b, [3]]}\n"
    (problem,) = parse(".workflows/a.yaml", text.encode()).problems
    assert problem.path == "tasks.t.flow.a.depends_on[1]"
    assert problem.file == ".workflows/a.yaml"
    assert problem.message == "expected text, found a list"


def test_what_is_right_in_a_file_with_mistakes_is_kept() -> None:
    text = "actions:\n  a: {type: shell, cmd: x, oops: 1}\n  b: {type: shell, cmd: x}\n  c: {}\n"
    file = parse("a.yaml", text.encode())
    assert file.definitions is not None
    assert list(file.definitions.actions) == ["a", "b"]
    assert file.broken == {("actions", "a"), ("actions", "c")}


def test_names_in_a_file_that_is_no_yaml_are_known() -> None:
    text = 'actions:\n  "a": {type: shell}\n  b-c:\n    type: [\ntasks:\n# no\n  t:\n    flow: {}\nx: [\n'
    file = parse("a.yaml", text.encode())
    assert file.definitions is None
    assert file.broken == {("actions", "a"), ("actions", "b-c"), ("tasks", "t")}


def test_a_flood_of_mistakes_is_cut_short() -> None:
    text = "actions:\n" + "".join(f"  a{number}: {{}}\n" for number in range(700))
    problems = parse("a.yaml", text.encode()).problems
    assert len(problems) == 501
    assert {problem.code for problem in problems} == {"missing-key", "too-many-problems"}
    (rest,) = (problem for problem in problems if problem.code == "too-many-problems")
    assert rest.message == "200 more mistakes in this file are not shown"
