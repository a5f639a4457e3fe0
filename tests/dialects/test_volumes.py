"""Volumes of tasks: their forms, their mistakes, and what they make of the plan."""

import pytest

from stroem.definitions.volume import Volume
from stroem.dialects.environment import Environment
from stroem.engine.compile import make_plan
from tests.support.parsing import parse
from tests.validation.conftest import check_workspace

TASK = """\
actions: {a: {type: script, script: x}, c: {type: script, script: x, cache: {ttl: 60}}}
tasks:
  t:
    KEYS
    flow:
      s: STEP
"""


def text_of(keys: str, step: str = "{action: a}") -> str:
    return TASK.replace("KEYS", keys).replace("STEP", step)


@pytest.mark.parametrize(
    ("keys", "volume"),
    [
        ("volume: job", Volume()),
        ("volume: {}", Volume()),
        ("volume: {keep: 2h}", Volume(keep=7200)),
        ("volume: {keep: 0}", Volume()),
        ("mode: local", Volume()),
        ("{mode: local, volume: {keep: 60}}"[1:-1].replace(", volume", "\n    volume"), Volume(keep=60)),
        ("mode: distributed", None),
    ],
)
def test_the_volume_of_a_task(keys: str, volume: Volume | None) -> None:
    assert check_workspace({"a.yaml": text_of(keys)}).problems == ()
    definitions = parse("a.yaml", text_of(keys).encode()).definitions
    assert definitions is not None
    plan = make_plan("t", definitions, {})
    assert plan.volume == volume
    assert plan.mode == ("distributed" if volume is None else "local")


@pytest.mark.parametrize(
    ("value", "code", "words"),
    [
        ("step", "invalid-value", "'step' is no kind of volume"),
        ("true", "invalid-value", "no kind of volume"),
        ("[job]", "invalid-value", "no kind of volume"),
        ("{keep: 8d}", "out-of-range", "out of range"),
        ("{keep: soon}", "invalid-duration", "no length of time"),
        ("{size: 1Gi}", "unknown-key", "size"),
    ],
)
def test_mistakes(value: str, code: str, words: str) -> None:
    (found,) = check_workspace({"a.yaml": text_of(f"volume: {value}")}).problems
    assert (found.code, found.line) == (code, 4)
    assert words in found.message


@pytest.mark.parametrize(("step", "column"), [("{action: a, cache: {ttl: 60}}", 22), ("{action: c}", 11)])
def test_the_cache_of_a_step_that_leaves_files_for_others_is_warned_of(step: str, column: int) -> None:
    (found,) = check_workspace({"a.yaml": text_of("volume: job", step)}).problems
    assert (found.code, found.severity, found.line, found.column) == ("conflicting-keys", "warning", 6, column)
    assert "in the folder of the job" in found.message
    assert check_workspace({"a.yaml": text_of("mode: distributed", step)}).problems == ()


@pytest.mark.parametrize("keys", ["volume: job", "mode: local"])
def test_steps_in_two_places_are_warned_of(keys: str) -> None:
    runners = Environment(runners={"local": None, "pod": None, "docker": None})
    pod = "{type: script, runner: pod, image: x, script: x}\n      other: {action: a}"
    (found,) = check_workspace({"a.yaml": text_of(keys, pod)}, runners).problems
    assert (found.code, found.severity, found.line) == ("conflicting-keys", "warning", 4)
    assert "step 's' runs in a pod and step 'other' on the worker" in found.message
    assert check_workspace({"a.yaml": text_of("mode: distributed", pod)}, runners).problems == ()
    alone = "{type: script, runner: pod, image: x, script: x}"
    assert check_workspace({"a.yaml": text_of(keys, alone)}, runners).problems == ()
