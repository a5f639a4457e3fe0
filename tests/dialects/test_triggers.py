"""Triggers of any type: options become an object of the type's class, with each mistake in its place."""

import textwrap
from collections.abc import Iterator
from typing import Annotated, Any, ClassVar

import attrs
import jsonschema
import pytest

from stroem.conversion.constraints import Range, Seconds
from stroem.definitions.trigger import Debounce, Trigger
from stroem.definitions.trigger_options import SECRET, TARGET, TASK
from stroem.definitions.values import Json
from stroem.dialects.environment import Environment
from stroem.dialects.stroem_yaml import dialect
from stroem.dialects.stroem_yaml.schema import workflow_schema
from stroem.interfaces.triggers.consumer_trigger import ConsumerTrigger
from stroem.interfaces.triggers.time_trigger import TimeTrigger
from stroem.interfaces.triggers.trigger_type import OptionFault, TriggerType

_MINUTE = Seconds(60)
HARBOURS = ("Bergen", "Oslo", "Tromsø")


@attrs.frozen(kw_only=True)
class Mark:
    """A water level."""

    metres: float
    is_: str | None = None


@attrs.frozen(kw_only=True)
class Tide(TimeTrigger):
    """A trigger that fires at high water."""

    name: ClassVar[str] = "tide"

    harbour: str
    from_: tuple[str, ...] | str = "all"
    marks: tuple[Mark, ...] = ()
    lead: Annotated[Seconds, Range(at_least=1, at_most=3600)] = _MINUTE
    extra: Json = None
    password: str | None = attrs.field(default=None, metadata=SECRET)

    def faults(self) -> Iterator[OptionFault]:
        if self.harbour == "nowhere":
            raise RuntimeError("the chart is gone")
        if self.harbour not in HARBOURS:
            yield OptionFault(path=("harbour",), message="no such harbour", hint="see the chart", names=HARBOURS)
        for number, mark in enumerate(self.marks):
            if mark.metres < 0:
                yield OptionFault(path=("marks", number, "metres"), message="below the ground", code="out-of-range")
        if self.lead > 600 and not self.marks:
            yield OptionFault(path=(), message="a long lead needs marks", code="missing-key")
        if self.from_ == "all" and self.marks:
            yield OptionFault(path=("from",), message="marks need places", names=HARBOURS)


@attrs.frozen(kw_only=True)
class Fishing(ConsumerTrigger):
    """A trigger whose events a task finds."""

    name: ClassVar[str] = "fishing"

    catch: str = attrs.field(metadata=TARGET)
    clean: str | None = attrs.field(default=None, metadata=TASK)


TYPES: dict[str, type[TriggerType]] = {"tide": Tide, "fishing": Fishing}


def parsed(text: str) -> Any:
    return dialect.parse(".workflows/a.yaml", textwrap.dedent(text).encode(), TYPES)


def told(text: str) -> list[tuple[str, int, int, str | None]]:
    return [(one.code, one.line, one.column, one.hint) for one in parsed(text).problems]


def test_keys_of_the_type_become_an_object_of_its_class() -> None:
    file = parsed(
        """\
        triggers:
          high:
            type: tide
            task: lib/sail
            input: {at: "{{ trigger.scheduled_at }}"}
            if: "trigger.level > 2"
            debounce: {wait: 1m30s, key: "{{ trigger.harbour }}"}
            concurrency: queue
            harbour: Oslo
            from: [a, 12]
            marks: [{metres: 1.5}, {metres: 2, is: high}]
            lead: 5m
            extra: {any: [thing]}
        """
    )
    assert file.problems == ()
    assert file.definitions.triggers["high"] == Trigger(
        type="tide",
        task="lib.sail",
        input={"at": "{{ trigger.scheduled_at }}"},
        if_="trigger.level > 2",
        debounce=Debounce(wait=90, key="{{ trigger.harbour }}"),
        concurrency="queue",
        options=Tide(
            harbour="Oslo",
            from_=("a", "12"),
            marks=(Mark(metres=1.5), Mark(metres=2.0, is_="high")),
            lead=300,  # type: ignore[arg-type]  # seconds are integers
            extra={"any": ["thing"]},
        ),
    )


MISTAKES: dict[str, tuple[str, list[tuple[str, int, int, str | None]]]] = {
    "an unknown type": ("{type: tyde, task: t, harbour: Oslo}", [("unknown-value", 2, 13, "did you mean 'tide'?")]),
    "a type by the word of other tools": (
        "{type: cron, task: t}",
        [("unknown-value", 2, 13, "write `type: scheduler` with `cron:`")],
    ),
    "a type that is no text": ("{type: [tide], task: t}", [("wrong-type", 2, 7, None)]),
    "no type": ("{task: t, harbour: Oslo}", [("missing-key", 2, 3, None)]),
    "no mapping": ("soon", [("wrong-type", 2, 6, None)]),
    "no task": ("{type: tide, harbour: Oslo}", [("missing-key", 2, 3, None)]),
    "no key that the type needs": (
        "{type: tide, task: t}",
        [("missing-key", 2, 3, "triggers of type tide need it")],
    ),
    "a key of another type": (
        "{type: tide, task: t, harbour: Oslo, catch: t}",
        [("forbidden-key", 2, 43, "triggers of type fishing have it")],
    ),
    "a key of another type without a value": ("{type: tide, task: t, harbour: Oslo, catch: }", []),
    "a key that is like one of the type": (
        "{type: tide, task: t, harbour: Oslo, form: x}",
        [("unknown-key", 2, 43, "did you mean 'from'?")],
    ),
    "a key that is like one of all": (
        "{type: tide, task: t, harbour: Oslo, enabeld: true}",
        [("unknown-key", 2, 43, "did you mean 'enabled'?")],
    ),
    "the field that holds the options": (
        "{type: tide, task: t, harbour: Oslo, options: {}}",
        [("unknown-key", 2, 43, None)],
    ),
    "a key with an underscore": (
        "{type: tide, task: t, harbour: Oslo, from_: x}",
        [("unknown-key", 2, 43, "did you mean 'from'?")],
    ),
    "types and bounds": (
        "{type: tide, task: t, harbour: [Oslo], lead: 2h, marks: [{metrs: 1}], concurrency: qeue}",
        [
            ("wrong-type", 2, 28, "write Oslo"),
            ("out-of-range", 2, 51, "expected 1s to 1h"),
            ("missing-key", 2, 63, None),
            ("unknown-key", 2, 64, "did you mean 'metres'?"),
            ("unknown-value", 2, 89, "did you mean 'queue'?"),
        ],
    ),
    "a debounce": (
        "{type: tide, task: t, harbour: Oslo, debounce: {wiat: 5}}",
        [("missing-key", 2, 43, None), ("unknown-key", 2, 54, "did you mean 'wait'?")],
    ),
    "bounds of a debounce": (
        "{type: tide, task: t, harbour: Oslo, debounce: {wait: 25h, max_wait: 0}}",
        [("out-of-range", 2, 60, "expected 1s to 24h"), ("out-of-range", 2, 75, "expected 1s to 168h")],
    ),
    "a fault with a name that is meant": (
        "{type: tide, task: t, harbour: Olso}",
        [("invalid-value", 2, 37, "did you mean 'Oslo'?")],
    ),
    "a fault deep inside": (
        "{type: tide, task: t, harbour: Oslo, from: x, marks: [{metres: 1}, {metres: -1}]}",
        [("out-of-range", 2, 82, None)],
    ),
    "a fault of the whole": (
        "{type: tide, task: t, harbour: Oslo, lead: 1h}",
        [("missing-key", 2, 3, None)],
    ),
    "a fault of a default": (
        "{type: tide, task: t, harbour: Oslo, marks: [{metres: 1}]}",
        [("invalid-value", 2, 3, None)],
    ),
    "an exception of the class": (
        "{type: tide, task: t, harbour: nowhere}",
        [("invalid-value", 2, 3, None)],
    ),
    "a task that starts itself": (
        "{type: fishing, task: t, catch: t}",
        [("self-reference", 2, 38, None)],
    ),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_mistakes_stand_in_their_places_with_hints(name: str) -> None:
    text, expected = MISTAKES[name]
    assert told(f"triggers:\n  a: {text}\n") == expected


@pytest.mark.parametrize("name", [name for name, (_, expected) in MISTAKES.items() if expected])
def test_a_mistake_in_one_trigger_leaves_its_neighbours(name: str) -> None:
    good = "{type: tide, task: t, harbour: Bergen}"
    file = parsed(f"triggers:\n  b: {good}\n  a: {MISTAKES[name][0]}\n  c: {good}\n")
    assert {"b", "c"} <= file.definitions.triggers.keys()
    assert file.broken == {("triggers", "a")}


def test_an_exception_of_a_class_is_told() -> None:
    (problem,) = parsed("triggers: {a: {type: tide, task: t, harbour: nowhere}}").problems
    assert problem.message == "RuntimeError: the chart is gone"


def test_the_schema_has_the_keys_of_each_type() -> None:
    schema = workflow_schema(Environment(runners={"local": None}, trigger_types=TYPES))
    validator = jsonschema.Draft202012Validator(schema)
    good = {"type": "tide", "task": "t", "harbour": "Oslo", "from": ["a"], "lead": "5m", "if": "x", "enabled": False}
    wrong = {"catch": "t", "from_": "a", "options": {}, "marks": [{"is": "high"}], "concurrency": "later"}
    assert list(validator.iter_errors({"triggers": {"a": good}})) == []
    for key, value in wrong.items():
        assert len(list(validator.iter_errors({"triggers": {"a": {**good, key: value}}}))) == 1, key
    assert list(validator.iter_errors({"triggers": {"a": {"type": "tide", "task": "t"}}}))
