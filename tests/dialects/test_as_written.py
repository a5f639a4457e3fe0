"""Unquoted numbers, true and false are the text that is written, where text is meant."""

import textwrap

import pytest

from stroem.conversion import canonical
from stroem.definitions.workspace import Definitions
from stroem.dialects.environment import Environment
from stroem.interfaces.parsed_file import ParsedFile
from stroem.validation.checker import validate
from stroem.validation.library import as_library
from tests.support.parsing import parse

WRITTEN = ["1.10", "0755", "1e3", "010", "0x1F", "0o17", ".5", "1.", "+12", "-0", "2.0", "12", "1_000", "2026-01-31"]
WORDS = ["true", "False", "TRUE", "yes", "no", "on", "off"]


def definitions_of(*texts: str) -> Definitions:
    data = {f".workflows/{index}.yaml": textwrap.dedent(text).encode() for index, text in enumerate(texts)}
    return _valid({path: parse(path, content) for path, content in data.items()})


def _valid(files: dict[str, ParsedFile]) -> Definitions:
    found = validate(files, lambda _: b"", Environment(runners={"local": None}))
    assert [problem for problem in found.problems if problem.severity == "error"] == []
    return found.definitions


@pytest.mark.parametrize("written", [*WRITTEN, *WORDS])
def test_a_field_of_text_keeps_its_default_and_options(written: str) -> None:
    found = definitions_of(
        f"""
        connection_types: {{pg: {{version: {{default: {written}}}}}}}
        actions:
          a:
            type: shell
            cmd: x
            input:
              one: {{default: {written}, options: [{written}, other]}}
              some: {{type: text, multiple: true, default: [{written}]}}
            output: {{o: {{default: {written}, options: [{written}]}}}}
        """
    )
    fields, output = found.actions["a"].input, found.actions["a"].output["o"]
    assert (fields["one"].default, fields["one"].options) == (written, (written, "other"))
    assert fields["some"].default == [written]
    assert (output.default, output.options) == (written, (written,))
    assert found.connection_types["pg"]["version"].default == written


@pytest.mark.parametrize("written", [*WRITTEN, *WORDS])
def test_texts_of_actions_and_tasks_are_as_written(written: str) -> None:
    found = definitions_of(
        f"""
        actions:
          a:
            type: shell
            name: {written}
            cmd: {written}
            env: {{V: {written}}}
            args: [{written}]
            tags: [{written}]
        tasks:
          t:
            description: {written}
            flow:
              {written}: {{type: shell, cmd: x, env: {{V: {written}}}}}
              last: {{action: a, depends_on: [{written}]}}
              one: {{action: a, depends_on: {written}}}
        """
    )
    action = found.actions["a"]
    assert (action.name, action.script, action.env) == (written, written, {"V": written})
    assert (action.args, action.tags) == ((written,), (written,))
    assert found.actions[f"_inline:t:{written}"].env == {"V": written}
    assert found.tasks["t"].description == written
    assert {step.depends_on for name, step in found.tasks["t"].flow.items() if name != written} == {(written,)}


@pytest.mark.parametrize("written", WRITTEN)
def test_values_given_to_fields_of_text_are_as_written(written: str) -> None:
    found = definitions_of(
        f"""
        connections: {{db: {{type: pg, version: {written}}}}}
        tasks:
          t:
            flow:
              a: {{action: a, input: {{version: {written}, several: [x, {written}]}}}}
              b: {{type: shell, cmd: x, input: {{own: {{type: string, name: {written}, default: {written}}}}}}}
            on_error: [{{action: a, input: {{version: {written}}}}}]
        triggers: {{n: {{type: scheduler, cron: "@daily", task: u, input: {{version: {written}}}}}}}
        """,
        """
        connection_types: {pg: {version: {}}}
        actions: {a: {type: shell, cmd: x, input: {version: {}, several: {multiple: true}}}}
        tasks: {u: {input: {version: {type: text}}, flow: {a: {action: a}}}}
        """,
    )
    task = found.tasks["t"]
    assert task.flow["a"].input == {"version": written, "several": ["x", written]}
    assert task.on_error[0].input == {"version": written}
    assert found.triggers["n"].input == {"version": written}
    assert found.connections["db"].values == {"version": written}
    assert list(task.flow) == ["a", "b"]
    own = found.actions["_inline:t:b"].input["own"]
    assert (own.name, own.default) == (written, written)


def test_an_action_that_starts_a_task_gives_it_text() -> None:
    found = definitions_of(
        """
        actions: {start: {type: task, task: u}}
        tasks:
          t: {flow: {a: {action: start, input: {version: 1.10}}, b: {type: task, task: u, input: {version: 2.0}}}}
          u: {input: {version: {}}, flow: {a: {type: shell, cmd: x}}}
        """
    )
    assert [step.input for step in found.tasks["t"].flow.values()] == [{"version": "1.10"}, {"version": "2.0"}]


def test_what_is_typed_keeps_its_value() -> None:
    found = definitions_of(
        """
        secrets: {pin: 12}
        actions:
          a:
            type: shell
            cmd: x
            input:
              n: {type: number, default: 1.10, options: [1.10, 2.0]}
              i: {type: integer, default: 010}
              b: {type: boolean, default: true}
            output: {o: {type: object, default: {v: 1.10}}, l: {type: array, default: [1.10]}}
        tasks: {t: {timeout: 060, flow: {a: {action: a, input: {n: 2.50, i: 3, b: false, free: 1.10}}}}}
        """
    )
    fields = found.actions["a"].input
    assert (fields["n"].default, fields["n"].options, fields["i"].default) == (1.1, (1.1, 2.0), 10)
    assert fields["b"].default is True
    assert (found.actions["a"].output["o"].default, found.tasks["t"].timeout) == ({"v": 1.1}, 60)
    assert found.tasks["t"].flow["a"].input == {"n": 2.5, "i": 3, "b": False, "free": 1.1}
    assert found.secrets == {"pin": 12}


@pytest.mark.parametrize("nothing", ["null", "~", "Null", ""])
def test_null_is_nothing_and_no_text(nothing: str) -> None:
    found = definitions_of(
        f"actions: {{a: {{type: shell, cmd: x, name: {nothing}, input: {{v: {{default: {nothing}}}}}}}}}"
    )
    assert (found.actions["a"].name, found.actions["a"].input["v"].default) == (None, None)


def test_what_an_alias_repeats_is_as_written() -> None:
    found = definitions_of(
        """
        actions:
          a: {type: shell, cmd: x, env: &env {V: &v 1.10, W: x}, tags: &tags [1.20]}
          b: {type: shell, cmd: x, env: *env, tags: *tags}
          c: {type: shell, cmd: x, env: {V: *v}}
        """
    )
    assert [action.env["V"] for action in found.actions.values()] == ["1.10"] * 3
    assert found.actions["b"].tags == ("1.20",)


def test_the_users_of_a_library_give_and_get_text_as_written() -> None:
    library = parse(
        ".workflows/lib.yaml",
        textwrap.dedent(
            """
            actions: {a: {type: shell, cmd: x, input: {version: {default: 2.0}}}}
            tasks: {t: {flow: {a: {action: a, input: {version: 1.10}}}}}
            """
        ).encode(),
    )
    own = parse(".workflows/a.yaml", b"tasks: {t: {flow: {a: {action: lib/a, input: {version: 1.20}}}}}")
    files = {file.path: file for file in (as_library("lib", library), own)}
    found = validate(files, lambda _: b"", Environment(runners={"local": None}, libraries=frozenset({"lib"})))
    assert found.problems == ()
    assert found.definitions.actions["lib.a"].input["version"].default == "2.0"
    assert found.definitions.tasks["lib.t"].flow["a"].input == {"version": "1.10"}
    assert found.definitions.tasks["t"].flow["a"].input == {"version": "1.20"}


def test_quoted_and_unquoted_text_have_the_same_digest() -> None:
    text = "actions: {{a: {{type: shell, cmd: x, env: {{V: {0}}}, input: {{v: {{default: {0}}}}}}}}}"
    plain, quoted = (definitions_of(text.format(value)).actions["a"] for value in ("1.10", "'1.10'"))
    assert canonical.to_bytes(plain) == canonical.to_bytes(quoted)


def test_a_change_elsewhere_changes_what_is_text() -> None:
    uses = parse(".workflows/a.yaml", b"tasks: {t: {flow: {a: {action: a, input: {v: 1.10}}}}}")
    before = parse(".workflows/b.yaml", b"actions: {a: {type: shell, cmd: x, input: {v: {type: number}}}}")
    after = parse(".workflows/b.yaml", b"actions: {a: {type: shell, cmd: x, input: {v: {}}}}")
    known = Environment(runners={"local": None})
    first = validate({file.path: file for file in (uses, before)}, lambda _: b"", known)
    second = validate({file.path: file for file in (uses, after)}, lambda _: b"", known, first)
    given = [found.definitions.tasks["t"].flow["a"].input["v"] for found in (first, second)]
    assert given == [1.1, "1.10"]


def test_a_secret_that_loses_its_digits_is_told() -> None:
    text = b"secrets: {pin: 0042, version: {api: 1.10}, port: 42, ratio: 0.5, quoted: '0042', flag: True}"
    found = parse(".workflows/a.yaml", text).problems
    assert [(problem.code, problem.severity, problem.message, problem.column) for problem in found] == [
        ("rewritten-number", "warning", "0042 is the number 42", 16),
        ("rewritten-number", "warning", "1.10 is the number 1.1", 37),
    ]
    assert found[0].hint == "put it in quotes if it is text"


def test_what_has_not_changed_is_the_same_object_again() -> None:
    uses = parse(".workflows/a.yaml", b"tasks: {t: {flow: {a: {action: a, input: {v: 1.10}}}}}")
    actions = parse(".workflows/b.yaml", b"actions: {a: {type: shell, cmd: x, input: {v: {}}}}")
    known = Environment(runners={"local": None})
    first = validate({file.path: file for file in (uses, actions)}, lambda _: b"", known)
    other = parse(".workflows/c.yaml", b"actions: {b: {type: shell, cmd: x}}")
    second = validate({file.path: file for file in (uses, actions, other)}, lambda _: b"", known, first)
    assert second.definitions.tasks["t"].flow["a"].input == {"v": "1.10"}
    assert second.definitions.tasks["t"] is first.definitions.tasks["t"]
