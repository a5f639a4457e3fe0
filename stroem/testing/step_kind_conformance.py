"""Conformance suite of kinds of steps. A plugin's own tests subclass `StepKindConformance` and pass.

class TestTide(StepKindConformance):
    kind = Tide
    inputs = ({"harbour": "Hull"}, {"harbour": "Dover", "now": "2026-01-31T12:00:00Z"})
    answers = ({"high": True},)
"""

import copy
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import pytest

from stroem.conversion.json_value import faults
from stroem.definitions.values import Json
from stroem.interfaces.step_kind import Completed, Failed, StepKind, Undecided, Wait
from stroem.testing.bounded import BoundedTests

ODD: Sequence[Any] = (None, True, -1, 1.5, 10**15, "", "\n", "x" * 100_000, [], [None], {}, {"a": {"b": []}})
"""Possible results of templates, and possible answers."""


class StepKindConformance(BoundedTests):
    """Tests of a kind of step.

    `kind` is the class under test, `inputs` are valid ones, `answers` are valid for a step with each of these.
    """

    kind: ClassVar[type[StepKind]]
    inputs: ClassVar[Sequence[Mapping[str, Json]]]
    answers: ClassVar[Sequence[Json]] = ()

    def test_it_has_a_name_and_needs_no_arguments(self) -> None:
        assert isinstance(self.kind().name, str)
        assert self.kind.name
        assert self.kind.name == self.kind.name.strip().lower()

    def test_a_valid_input_begins(self) -> None:
        assert self.inputs
        for given in self.inputs:
            begun = self._pure("begin", given)
            assert isinstance(begun, Completed | Wait), begun
            if isinstance(begun, Wait):
                self._check_wait(begun)

    def test_a_wait_ends(self) -> None:
        """By an answer or in time."""
        for given in self.inputs:
            begun = self.kind().begin(given)
            if isinstance(begun, Wait):
                has_end = begun.secs is not None or begun.until is not None
                assert has_end or begun.waits_for != "timer", "it would wait for ever"
                self._check_outcome(self._pure("expire", given))
                for answer in self.answers:
                    self._check_answered(self._pure("resume", given, answer))

    @pytest.mark.parametrize("odd", ODD)
    def test_an_odd_input_never_raises(self, odd: Any) -> None:
        """Templates give what they give: the step fails with a reason."""
        keys = {key for given in self.inputs for key in given}
        for given in ({}, *({**given, key: odd} for given in self.inputs for key in keys)):
            begun = self._pure("begin", given)
            if isinstance(begun, Wait):
                self._check_wait(begun)
            else:
                self._check_outcome(begun)

    @pytest.mark.parametrize("odd", ODD)
    def test_an_odd_answer_never_raises(self, odd: Any) -> None:
        for given in self.inputs:
            self._check_answered(self._pure("resume", given, odd))
            for answer in self.answers:
                if isinstance(answer, Mapping):
                    for key in answer:
                        self._check_answered(self._pure("resume", given, {**answer, key: odd}))

    def _pure(self, method: str, *arguments: Any) -> Any:
        """The result, the same from two objects; the arguments stay as they are."""
        before = copy.deepcopy(arguments)
        first, second = (getattr(self.kind(), method)(*arguments) for _ in range(2))
        assert first == second, "the same arguments give the same result"
        assert arguments == before, "arguments are not changed"
        return first

    def _check_wait(self, wait: Wait) -> None:
        named = wait.waits_for.startswith("signal:") and wait.waits_for != "signal:"
        assert wait.waits_for in ("timer", "approval") or named, wait.waits_for
        assert wait.secs is None or wait.secs >= 0

    def _check_answered(self, found: object) -> None:
        if isinstance(found, Undecided):
            assert not list(faults(dict(found.input))), "it is stored as JSON"
            assert isinstance(self._pure("begin", found.input), Wait), "the step goes on waiting with this input"
        else:
            self._check_outcome(found)

    def _check_outcome(self, outcome: object) -> None:
        assert isinstance(outcome, Completed | Failed), outcome
        if isinstance(outcome, Failed):
            assert isinstance(outcome.error, str)
            assert outcome.error
        else:
            assert not list(faults(outcome.output))
