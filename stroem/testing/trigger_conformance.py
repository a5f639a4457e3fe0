"""Conformance suites of types of triggers. A plugin's own tests subclass that of their form and pass.

class TestTides(TimeTriggerConformance):
    kind = Tides
    options = {"harbour": "Bergen"}
    faulty = ({"harbour": "Atlantis"}, ("harbour",)),
"""

import datetime
import itertools
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import attrs

from stroem.conversion import canonical
from stroem.conversion.json_schema import TypeSchemas
from stroem.conversion.mistake import Mistakes
from stroem.conversion.record import Record
from stroem.interfaces.triggers.time_trigger import Instant, Schedule, TimeTrigger
from stroem.interfaces.triggers.trigger_type import OptionFault, TriggerType
from stroem.testing.bounded import BoundedTests

_COMMON = ("type", "task", "input", "enabled", "force_refresh", "concurrency", "if", "debounce")
_START = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
_MICROSECOND = datetime.timedelta(microseconds=1)
_COUNT = 50


class TriggerConformance(BoundedTests):
    """Tests of any type of triggers.

    `kind` is its class; `options` are valid YAML keys of it, `faulty` further ones that are not, each with the path of
    the fault that they must bring.
    """

    kind: ClassVar[type[TriggerType]]
    options: ClassVar[Mapping[str, Any]]
    faulty: ClassVar[Sequence[tuple[Mapping[str, Any], tuple[str | int, ...]]]] = ()

    def make(self, options: Mapping[str, Any] | None = None) -> Any:
        """The object of the type, as workflow files make it; `options` are those of the suite by default."""
        mistakes = Mistakes()
        made = Record(self.kind)(dict(self.options if options is None else options), (), mistakes)  # type: ignore[arg-type]
        assert [str(mistake) for mistake in mistakes] == []
        return made

    def test_it_names_itself(self) -> None:
        assert isinstance(self.kind.name, str)
        assert self.kind.name.isidentifier()
        assert self.kind.__doc__

    def test_it_has_no_key_that_all_triggers_have(self) -> None:
        keys = {field.name.rstrip("_") for field in attrs.fields(self.kind)}  # type: ignore[arg-type]
        assert keys.isdisjoint(_COMMON)
        assert keys.issuperset(self.kind.one_of)

    def test_its_keys_have_a_schema(self) -> None:
        schemas = TypeSchemas().fields(self.kind)  # type: ignore[arg-type]
        assert schemas.keys() == {field.name.rstrip("_") for field in attrs.fields(self.kind)}  # type: ignore[arg-type]

    def test_the_same_options_make_the_same_object(self) -> None:
        """The digest of a definition tells whether it has changed."""
        first, second = self.make(), self.make()
        assert first == second
        assert canonical.to_bytes(first) == canonical.to_bytes(second)

    def test_valid_options_have_no_faults(self) -> None:
        assert list(self.make().faults()) == []

    def test_faults_are_told_with_their_place_and_the_remedy(self) -> None:
        for options, path in self.faulty:
            found = list(self.make(options).faults())
            assert path in [fault.path for fault in found], (options, found)
            for fault in found:
                assert isinstance(fault, OptionFault)
                assert fault.message
                assert fault.hint or fault.names


class TimeTriggerConformance(TriggerConformance):
    """Tests of a type of triggers that fire at times. `files` are files of the workspace, by path."""

    files: ClassVar[Mapping[str, bytes]] = {}

    def schedule(self, seed: str = "default/nightly") -> Schedule:
        """A schedule in effect since the start of the test."""
        return Schedule(seed=seed, since=_START, read_file=lambda path: self.files.get(path))

    def instants(self, seed: str = "default/nightly", after: datetime.datetime = _START) -> list[Instant]:
        """The first instants after a time."""
        made: TimeTrigger = self.make()
        schedule = self.schedule(seed)
        found: list[Instant] = []
        while len(found) < _COUNT and (instant := made.next_due(after, schedule)) is not None:
            found.append(instant)
            after = instant.at
        return found

    def test_instants_are_in_utc_and_in_order(self) -> None:
        found = self.instants()
        assert found
        assert all(instant.at.utcoffset() == datetime.timedelta() for instant in found)
        times = [instant.at for instant in found]
        assert times == sorted(set(times))
        assert times[0] > _START

    def test_nothing_fires_before_its_time(self) -> None:
        assert all(instant.due >= instant.at for instant in self.instants())

    def test_the_same_question_has_the_same_answer(self) -> None:
        assert self.instants() == self.instants()

    def test_nominal_times_do_not_depend_on_the_name(self) -> None:
        assert [one.at for one in self.instants("a/b")] == [one.at for one in self.instants("c/d")]

    def test_no_instant_is_passed_over(self) -> None:
        """Asked from just before an instant, or from between two, it says the next one."""
        made, schedule, found = self.make(), self.schedule(), self.instants()
        for before, instant in itertools.pairwise(found):
            assert made.next_due(instant.at - _MICROSECOND, schedule) == instant
            assert made.next_due(before.at + (instant.at - before.at) / 2, schedule) == instant
            assert made.next_due(before.at, schedule) == instant

    def test_it_comes_to_an_end_at_the_end_of_time(self) -> None:
        end = datetime.datetime.max.replace(tzinfo=datetime.UTC)
        assert self.make().next_due(end, self.schedule()) is None

    def test_it_reads_the_files_that_it_names_and_no_others(self) -> None:
        read: list[str] = []

        def read_file(path: str) -> bytes | None:
            read.append(path)
            return self.files.get(path)

        made: TimeTrigger = self.make()
        made.next_due(_START, attrs.evolve(self.schedule(), read_file=read_file))
        assert set(read) <= set(made.files)
        assert made.next_due(_START, attrs.evolve(self.schedule(), read_file=lambda path: None)) is not None
