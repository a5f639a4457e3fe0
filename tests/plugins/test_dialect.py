"""A third-party dialect: state machines, from their files to plans."""

import functools
import json
from pathlib import Path
from typing import ClassVar

import pytest

from stroem.definitions.action import Action
from stroem.definitions.task import Step
from stroem.dialects.environment import Environment
from stroem.dialects.installed import InstalledDialects
from stroem.dialects.stroem_yaml.dialect import YamlDialect
from stroem.engine.compile import make_plan
from stroem.interfaces.nodes import Edge, Node
from stroem.reconciler.diff.definitions import changes_between
from stroem.reconciler.diff.secret_uses import use_changes
from stroem.testing.dialect_conformance import DialectConformance
from stroem.validation.checker import Validation, validate
from tests.plugins.conftest import run_stroem
from tests.plugins.machine.stroem_machine.dialect import MachineDialect
from tests.plugins.machine.workspace import ACTIONS, FILES, MACHINE, write

DIALECTS = InstalledDialects({"yaml": YamlDialect(), "machine": MachineDialect()})


class TestMachine(DialectConformance):
    dialect = MachineDialect
    files: ClassVar = {".workflows/ship.machine.yaml": MACHINE.encode()}
    actions: ClassVar = {name: Action(type="script", script="true") for name in ("check", "pack", "repair", "send")}


def validated(**more: str) -> Validation:
    files = FILES | {path: text.encode() for path, text in more.items()}
    parsed = {path: DIALECTS.parse(path, files[path]) for path in DIALECTS.workflow_files(files)}
    return validate(parsed, files.__getitem__, Environment(runners={"local": None}))


def test_its_files_are_read_by_their_longest_ending_and_checked_with_the_others() -> None:
    found = validated()
    assert found.problems == ()
    task = found.definitions.tasks["ship"]
    assert task.flow["pack"] == Step(action="pack")
    assert set(task.flow) == {"check", "pack", "repair", "send"}


@pytest.mark.parametrize(
    ("wrong", "right", "problem"),
    [
        ("pause: {wait", "nowhere: {wait", "ship has no state 'pause'"),
        ("{action: pack,", "{action: pck,", "there is no action 'pck'"),
        ("{{ secret.key }}", "{{ secret.kex }}", "there is no secret 'kex'"),
        ("start: check", "start: [", "expected"),
    ],
)
def test_its_mistakes_are_problems(wrong: str, right: str, problem: str) -> None:
    assert wrong in MACHINE
    found = validated(**{".workflows/ship.machine.yaml": MACHINE.replace(wrong, right)})
    assert problem in str(found.problems)


def test_its_tasks_become_plans_that_know_their_secrets_and_the_outputs_that_they_read() -> None:
    definitions = validated().definitions
    plan = make_plan("ship", definitions, {}, DIALECTS.flow)
    nodes = {node.name: node for node in plan.nodes}
    assert list(nodes) == ["check", "pause", "pack", "repair", "send", "next-of-check"]
    assert nodes["check"].entry
    assert nodes["check"].edges == (Edge(to=5),)
    assert nodes["next-of-check"] == Node(
        name="next-of-check",
        kind="choice",
        join="each",
        incoming=1,
        edges=(Edge(to=2, test="{{ check.output.ready }}"), Edge(to=1)),
        reads=(0,),
    )
    assert nodes["pack"].edges == (Edge(to=4), Edge(to=3, on=("failed",), handles=True))
    assert (nodes["pause"].kind, nodes["pause"].input) == ("wait", {"secs": 0.1})
    assert nodes["send"].reads == (3,)
    assert plan.output == "last"
    assert set(plan.secrets) == {"key"}


def test_a_change_of_its_order_is_a_change_of_the_task() -> None:
    before = validated().definitions
    after = validated(**{".workflows/ship.machine.yaml": MACHINE.replace("wait: 0.1", "wait: 5")}).definitions
    (change,) = changes_between(before, after)
    assert (change.kind, change.name, change.fields) == ("task", "ship", ("program.states",))


def test_the_secrets_in_its_order_are_known_to_diffs() -> None:
    before = validated().definitions
    program = MACHINE.replace("{{ check.output.ready }}", "{{ secret.gate }}")
    actions = ACTIONS.replace("hunter22", "hunter23").replace("secrets: {", 'secrets: {gate: "opens it", ')
    after = validated(**{".workflows/ship.machine.yaml": program, ".workflows/actions.yaml": actions}).definitions
    (change,) = use_changes(before, after, [("task", "ship")])
    assert (change.change, change.kind, change.name, change.tasks.names) == ("added", "secret", "gate", ("ship",))


def test_the_program_reads_its_files(installed_machine: Path, tmp_path: Path) -> None:
    stroem = functools.partial(run_stroem, installed_machine, tmp_path / "cache")
    workspace = write(tmp_path / "workspace")
    assert stroem("validate", str(workspace)).returncode == 0
    shown = json.loads(stroem("inspect", "ship", "--path", str(workspace), "--json").stdout)
    assert shown["flow"]["send"]["action"] == "send"
