"""Both spellings, all aliases and all short forms become the same models."""

import textwrap

from stroem.definitions.action import Action, Resources
from stroem.definitions.field import InputField
from stroem.definitions.task import Step, Task
from stroem.definitions.workspace import Definitions
from tests.support.parsing import parse
from tests.support.triggers import trigger_of


def definitions(text: str, path: str = ".workflows/a.yaml") -> Definitions:
    file = parse(path, textwrap.dedent(text).encode())
    assert file.problems == ()
    assert file.definitions is not None
    return file.definitions


def test_shell_becomes_script() -> None:
    actions = definitions(
        """
        actions:
          inline: {type: shell, cmd: echo hi}
          file: {type: shell, script: scripts/run.sh, env: {A: b}}
          container: {type: shell, cmd: echo hi, image: alpine}
          pod: {type: shell, cmd: echo hi, image: alpine, runner: pod}
        """
    ).actions
    assert actions == {
        "inline": Action(type="script", script="echo hi"),
        "file": Action(type="script", source="scripts/run.sh", env={"A": "b"}),
        "container": Action(type="script", script="echo hi", image="alpine", runner="docker"),
        "pod": Action(type="script", script="echo hi", image="alpine", runner="pod"),
    }


def test_aliases_of_languages_and_types() -> None:
    actions = definitions(
        """
        actions:
          js: {type: script, script: x, language: js}
          ts: {type: script, script: x, language: ts, input: {yes: {type: bool}}, output: {no: {type: bool}}}
        """
    ).actions
    assert (actions["js"].language, actions["ts"].language) == ("javascript", "typescript")
    assert (actions["ts"].input["yes"].type, actions["ts"].output["no"].type) == ("boolean", "boolean")


def test_durations_are_seconds() -> None:
    task = definitions(
        """
        tasks:
          t:
            timeout: 1h30m15s
            retry: {delay: 2m}
            flow:
              a: {action: x, timeout: 90}
              b: {action: x, timeout: "90"}
        """
    ).tasks["t"]
    assert task.retry is not None
    assert (task.timeout, task.retry.delay) == (5415, 120)
    assert (task.flow["a"].timeout, task.flow["b"].timeout) == (90, 90)


def test_numbers_can_be_quantities() -> None:
    action = definitions("actions: {a: {type: docker, image: x, resources: {cpu: 0.5, memory: 512Mi}}}").actions["a"]
    assert action.resources == Resources(cpu="0.5", memory="512Mi")


def test_tags_and_dependencies_are_unique() -> None:
    found = definitions(
        """
        actions: {a: {type: shell, cmd: x, tags: [gpu, big, gpu]}}
        tasks: {t: {flow: {a: {action: a}, b: {action: a, depends_on: [a, a]}}}}
        """
    )
    assert found.actions["a"].tags == ("gpu", "big")
    assert found.tasks["t"].flow["b"].depends_on == ("a",)


def test_an_action_inside_a_step_is_taken_out() -> None:
    found = definitions(
        """
        tasks:
          deploy:
            flow:
              build:
                type: shell
                cmd: make
                name: Build it
                tags: [big]
                retry: {max_attempts: 2}
                depends_on: [other]
                input:
                  target: {type: string, required: true}
                  port: {type: 8080}
                  place: {type: string, where: here}
                  mode: fast
              other: {action: x}
        """
    )
    action = found.actions["_inline:deploy:build"]
    step = found.tasks["deploy"].flow["build"]
    assert action == Action(
        type="script", script="make", tags=("big",), input={"target": InputField(type="string", required=True)}
    )
    assert step.action == "_inline:deploy:build"
    assert step.name == "Build it"
    assert step.retry is not None
    assert step.input == {"port": {"type": 8080}, "place": {"type": "string", "where": "here"}, "mode": "fast"}


def test_folders_follow_from_the_path() -> None:
    text = "tasks: {a: {flow: {s: {action: x}}}, b: {folder: own, flow: {s: {action: x}}}}"
    assert [task.folder for task in definitions(text, ".workflows/team/x/a.yaml").tasks.values()] == ["team/x", "own"]
    assert [task.folder for task in definitions(text, ".workflows/a.yaml").tasks.values()] == [None, "own"]
    assert [task.folder for task in definitions(text, "team/a.yaml").tasks.values()] == ["team", "own"]


def test_keys_without_a_value_are_not_there() -> None:
    found = definitions(
        """
        actions:
        triggers:
        tasks:
          t:
            description:
            input:
            flow:
              a: {action: x, input: , timeout: , for_each: }
        """
    )
    assert found == Definitions(tasks={"t": Task(flow={"a": Step(action="x")})})


def test_an_empty_file_defines_nothing() -> None:
    assert definitions("") == Definitions()
    assert definitions("# nothing\n") == Definitions()


def test_what_is_not_executed_yet_is_read() -> None:
    found = definitions(
        """
        actions:
          pod: {type: pod, image: x, command: [a], entrypoint: [b], manifest: {spec: {nodeName: x}}, workdir: /x}
          task: {type: task, task: other}
          agent:
            type: agent
            provider: openai
            prompt: Say hi
            temperature: 1
            tools: [{task: other}, {mcp: files}]
            interactive: true
            max_turns: 100
          approval: {type: approval, message: "{{ input.x }}?", input: {x: {type: text}}}
          third: {type: script, script: x, runner: ssh, options: {host: h}}
        tasks:
          other:
            retry: {max_attempts: 10, backoff: exponential, jitter: true, delay: 1h}
            on_suspended: [{action: task, input: {a: "{{ hook.job_id }}"}}]
            flow: {a: {action: task, when: "{{ input.x }}", for_each: [1, 2], sequential: true}}
        triggers:
          hook: {type: webhook, task: other, name: h-1, mode: sync, timeout_secs: 300, secret: s, force_refresh: true}
          events: {type: event_source, task: other, target_task: t, env: {A: b}, restart_policy: never}
          cron: {type: scheduler, task: other, cron: "@daily", concurrency: cancel_previous, timezone: Europe/Oslo}
        mcp_servers: {files: {transport: sse, url: "http://x", timeout_secs: 5}}
        connections: {c: {type: pg, host: h, port: 1}}
        connection_types: {pg: {host: {type: string, required: true}, port: {type: integer, default: 5432}}}
        secrets: {a: {b: c}, d: 1}
        on_cancel: [{action: task}]
        """
    )
    assert found.actions["agent"].temperature == 1.0
    assert found.triggers["hook"] == trigger_of(
        "webhook", "other", name_="h-1", mode="sync", timeout_secs=300, secret="s", force_refresh=True
    )
    assert found.connections["c"].values == {"host": "h", "port": 1}


def test_resources_may_have_any_name_but_one_that_is_nearly_known() -> None:
    text = "actions: {a: {type: shell, cmd: x, resources: {license: 1, gpus: 1, eu/quota: 500m}}}"
    assert definitions(text).actions["a"].resources == Resources(gpus=1, named={"license": "1", "eu/quota": "500m"})
    text = "{memroy: 1Gi, License: 1, seats: many, cpu: a lot, quota: [1]}"
    found = parse(".workflows/a.yaml", f"actions: {{a: {{type: shell, cmd: x, resources: {text}}}}}".encode()).problems
    assert {one.message for one in found} == {
        "unknown key 'memroy'",
        "'License' is no name of a resource: small letters, digits, `-`, `_`, `.` and `/`, at most 63",
        "'many' is no amount such as 500m, 2, 512Mi or 1Gi",
        "expected text, found a list",
        "'a lot' is no amount such as 500m, 2, 512Mi or 1Gi",
    }
