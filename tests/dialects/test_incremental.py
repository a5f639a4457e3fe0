"""A validation that goes on from the one before finds what a validation from nothing finds."""

from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stroem.dialects import file_checks, validation
from stroem.dialects.known import Known
from stroem.dialects.validation import Validation, validate
from stroem.dialects.yaml_dialect import parse

PATHS = tuple(f".workflows/{name}.yaml" for name in ("a", "b", "c", "s.sops"))
PIECES = (
    "secrets: {one: {x: 1}}",
    "secrets: {two: 1}",
    "connection_types: {pg: {host: {required: true}}}",
    "connection_types: {pg: {port: {type: integer}}}",
    "connections: {main: {type: pg, port: x}}",
    "actions: {act: {type: shell, cmd: '{{ input.x }} {{ secret.one.x }}', input: {y: {required: true}}}}",
    "actions: {act: {type: shell, script: run.sh}}",
    "actions: {act: {type: shel}}",
    "actions: {act: {type: task, task: deploy}, other: {type: script, script: x, runner: ssh}}",
    "actions: {asks: {type: shell, cmd: '{{ build.output }}', input: {c: {type: pg, default: main}}}}",
    "tasks: {deploy: {flow: {a: {action: act, input: {x: 1}}, b: {action: asks, depends_on: [a]}}}}",
    "tasks: {deploy: {input: {y: {required: true}}, flow: {build: {type: shell, cmd: '{{ input.z }}'}}}}",
    "tasks: {starts: {flow: {a: {action: act, input: {z: 1}}}}, deploy: 1}",
    "tasks: {nightly: {flow: {a: {action: other}, c: {action: act}}, on_error: [{action: asks}]}}",
    "triggers: {t: {type: webhook, name: hook, task: deploy, input: {z: 1}}}",
    "triggers: {u: {type: webhook, name: hook, task: nightly}, v: {type: scheduler, cron: '@daily', task: deploy}}",
    "triggers: {w: {type: event_source, task: nightly, target_task: deploy}}",
    "on_success: [{action: act, input: {x: 1}}]",
    "mistake: [",
)
CONTENT = st.lists(st.sampled_from(PIECES), max_size=4, unique_by=lambda piece: piece.partition(":")[0]).map("\n".join)
EDIT = st.tuples(
    st.dictionaries(st.sampled_from(PATHS), st.none() | CONTENT, min_size=1, max_size=2),
    st.sampled_from([(), ("run.sh",), ("ran.sh",)]),
    st.sampled_from([("local",), ("local", "ssh")]),
)


@settings(max_examples=300)
@given(st.lists(EDIT, min_size=2, max_size=6))
def test_incremental_equals_full(edits: list[tuple[dict[str, str | None], tuple[str, ...], tuple[str, ...]]]) -> None:
    texts: dict[str, bytes] = {}
    parsed = {}
    previous: Validation | None = None
    for changes, files, runners in edits:
        for path, text in changes.items():
            if text is None:
                texts.pop(path, None)
                parsed.pop(path, None)
            else:
                texts[path] = text.encode()
                parsed[path] = parse(path, texts[path])
        known = Known(runners=dict.fromkeys(runners), files=files)
        previous = validate(parsed, texts.__getitem__, known, previous)
        full = validate(parsed, texts.__getitem__, known)
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
    known = Known(runners={"local": None})
    first = validate(parsed, texts.__getitem__, known)
    looked_at: list[str] = []

    def watched(file: file_checks.ParsedFile, scope: file_checks.Scope) -> file_checks.Checked:
        looked_at.append(file.path)
        return file_checks.check_file(file, scope)

    monkeypatch.setattr(validation, "check_file", watched)
    path = ".workflows/5.yaml"
    texts[path] = texts[path].replace(b"cmd: x", b"cmd: y")
    second = validate({**parsed, path: parse(path, texts[path])}, texts.__getitem__, known, first)
    assert sorted(looked_at) == [".workflows/5.yaml", ".workflows/6.yaml"]
    looked_at.clear()
    validate(second.files, texts.__getitem__, known, second)
    assert looked_at == []
