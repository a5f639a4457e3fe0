"""The schema of workflow files, and schemas of types."""

import datetime
import json
import sys
import textwrap
import uuid
from typing import Any, Literal

import attrs
import jsonschema
import pytest
from syrupy.assertion import SnapshotAssertion

from stroem.conversion.json_schema import schema_of
from stroem.conversion.yaml import read_text
from stroem.definitions.retry import Retry
from stroem.definitions.values import Json
from stroem.dialects.environment import Environment
from stroem.dialects.stroem_yaml.schema import workflow_schema
from stroem.registry import generate
from tests.support.triggers import TRIGGER_TYPES


@attrs.frozen(kw_only=True)
class Port:
    """Where something listens."""

    number: int
    name: str | None = None


@attrs.frozen(kw_only=True)
class Everything:
    """One of each type."""

    id: uuid.UUID
    at: datetime.datetime
    mode: Literal["a", "b"] = "a"
    ports: tuple[Port, ...] = ()
    by_name: dict[str, Port] = attrs.Factory(dict)
    either: Port | Retry | None = None
    anything: Json = None
    flag: bool = False
    share: float | None = None


SCHEMA = workflow_schema(Environment(runners={"docker": Port, "local": None, "ssh": Port}, trigger_types=TRIGGER_TYPES))
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)


def document(text: str) -> Any:
    return read_text(textwrap.dedent(text)).value


def test_schema_of_a_class(snapshot: SnapshotAssertion) -> None:
    schema = schema_of(Everything)
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema == snapshot


def test_schema_of_other_types() -> None:
    assert schema_of(str)["type"] == "string"
    assert schema_of(tuple[int, ...])["items"] == {"type": "integer"}
    assert schema_of(Json).keys() == {"$schema"}
    assert list(schema_of(dict[str, Port])["$defs"]) == ["Port"]


def test_the_generated_file_is_current(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["generate", "--check"])
    assert generate.main() == 0, capsys.readouterr().err


def test_the_generated_file_is_written_and_compared(
    tmp_path: Any, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(generate, "FOLDER", tmp_path)
    monkeypatch.setattr(sys, "argv", ["generate", "--check"])
    assert generate.main() == 1
    assert "workflow.json is not current" in capsys.readouterr().err
    monkeypatch.setattr(sys, "argv", ["generate"])
    assert generate.main() == 0
    assert json.loads((tmp_path / "workflow.json").read_text())["title"] == "Strøm workflow"


def test_options_of_runners_are_in_the_schema(snapshot: SnapshotAssertion) -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    assert {"ShellAction": SCHEMA["$defs"]["ShellAction"], "ssh.Port": SCHEMA["$defs"]["ssh.Port"]} == snapshot


@pytest.mark.parametrize(
    "text",
    [
        "actions: {a: {type: shell, cmd: x, image: alpine}}",
        "actions: {a: {type: shell, script: x.sh}}",
        "actions: {a: {type: script, script: x, language: js, runner: docker}}",
        "actions: {a: {type: script, source: x, runner: ssh, options: {number: 22}}}",
        "actions: {a: {type: script, source: x, runner: another, options: {any: thing}}}",
        "actions: {a: {type: docker, image: x, resources: {cpu: 0.5}}}",
        "actions: {a: {type: docker, image: x, resources: {pids: 9, shm: 1Mi, gpus: 1}, options: {number: 1}}}",
        "actions: {a: {type: agent, provider: x, prompt: y, tools: [{task: t}]}}",
        "tasks: {t: {timeout: 1h30m, input: {a: {type: bool}, b: {type: pg}}, flow: {a: {action: x, timeout: 30}}}}",
        "tasks: {t: {flow: {a: {type: shell, cmd: x, depends_on: [b], input: {v: 1}}}}}",
        "triggers: {t: {type: scheduler, task: t, cron: '@daily'}}",
        "secrets: {a: {b: c}, d: 1}",
        "connections: {c: {type: pg, host: h, port: 1}}",
    ],
)
def test_what_is_right_by_the_schema(text: str) -> None:
    assert list(VALIDATOR.iter_errors(document(text))) == []


@pytest.mark.parametrize(
    "text",
    [
        "actionz: {}",
        "actions: {a: {type: shel, cmd: x}}",
        "actions: {a: {cmd: x}}",
        "actions: {a: {type: shell}}",
        "actions: {a: {type: shell, cmd: x, script: y}}",
        "actions: {a: {type: shell, cmd: x, unknown: y}}",
        "actions: {a: {type: script, script: x, cmd: y}}",
        "actions: {a: {type: script, script: x, runner: ssh, options: {nmber: 22}}}",
        "actions: {a: {type: script, script: x, runner: local, options: {any: 1}}}",
        "actions: {a: {type: docker}}",
        "actions: {a: {type: docker, image: x, options: {nmber: 22}}}",
        "tasks: {t: {}}",
        "tasks: {t: {flow: {}}}",
        "tasks: {t: {flow: {'a[0]': {action: x}}}}",
        "tasks: {t: {flow: {a: {action: x, type: shell, cmd: y}}}}",
        "tasks: {t: {flow: {a: {action: x, timeout: 3 weeks}}}}",
        "tasks: {t: {flow: {a: {action: x, retry: {max_attempts: 11}}}}}",
        "triggers: {t: {type: scheduler, task: t}}",
        "triggers: {t: {type: scheduler, task: t, cron: x, name: y}}",
        "secrets: {a-b: 1}",
    ],
)
def test_what_is_wrong_by_the_schema(text: str) -> None:
    assert list(VALIDATOR.iter_errors(document(text))) != []
