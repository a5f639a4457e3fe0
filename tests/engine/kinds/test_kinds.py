"""The built-in kinds of steps that the server runs itself."""

import datetime

import pytest

from stroem.definitions.values import Json
from stroem.engine.kinds.approval import Approval
from stroem.engine.kinds.assign import Assign
from stroem.engine.kinds.outcomes import problem_of
from stroem.engine.kinds.signal import Signal
from stroem.engine.kinds.wait import Wait
from stroem.interfaces import step_kind
from stroem.interfaces.step_kind import Completed, Failed
from stroem.testing.step_kind_conformance import StepKindConformance

BY = {"by": "ada", "at": "2026-01-31T12:00:00Z"}


class TestAssign(StepKindConformance):
    kind = Assign
    inputs = ({"count": 1, "names": ["a"]}, {})

    def test_its_output_is_its_input(self) -> None:
        assert Assign().begin({"count": 1}) == Completed(output={"count": 1})


class TestWait(StepKindConformance):
    kind = Wait
    inputs = ({"secs": 5}, {"secs": 0}, {"secs": 0.25}, {"for": "2h"}, {"until": "2026-01-31T12:00:00Z"})

    def test_lengths_and_times(self) -> None:
        assert Wait().begin({"for": "1h30m"}) == step_kind.Wait(waits_for="timer", secs=5400)
        assert Wait().begin({"for": 90}) == step_kind.Wait(waits_for="timer", secs=90)
        noon = datetime.datetime(2026, 1, 31, 12, tzinfo=datetime.UTC)
        for text in ("2026-01-31T12:00:00Z", "2026-01-31T12:00:00", "2026-01-31T13:00:00+01:00"):
            assert Wait().begin({"until": text}) == step_kind.Wait(waits_for="timer", until=noon)

    @pytest.mark.parametrize("until", ["9999-12-31T23:59:59-12:00", "0001-01-01T00:00:00+12:00", "3000-01-01"])
    def test_a_time_that_no_row_can_hold_fails(self, until: str) -> None:
        begun = Wait().begin({"until": until})
        assert isinstance(begun, step_kind.Wait)
        assert "outside of the years" in str(problem_of(begun))

    @pytest.mark.parametrize("given", [{"for": "soon"}, {"for": None}, {"until": "tomorrow"}, {"until": 5}])
    def test_what_is_no_length_and_no_time_fails(self, given: dict[str, Json]) -> None:
        begun = Wait().begin(given)
        assert isinstance(begun, Failed)
        assert begun.error.startswith(f"{next(iter(given))} must be")

    def test_it_completes_when_its_time_is_over(self) -> None:
        assert Wait().begin({"secs": 5}) == step_kind.Wait(waits_for="timer", secs=5)
        assert Wait().expire({"secs": 5}) == Completed()

    @pytest.mark.parametrize("secs", [None, "5 s", True, -1, 10**9, float("nan"), float("inf")])
    def test_what_is_no_time_fails(self, secs: Json) -> None:
        begun = Wait().begin({"secs": secs})
        assert isinstance(begun, Failed)
        assert begun.error.startswith("secs must be")


class TestSignal(StepKindConformance):
    kind = Signal
    inputs = ({"name": "go"}, {"name": "go", "secs": 60})
    answers = ({"version": 7}, None, "text")

    def test_its_output_is_the_payload(self) -> None:
        assert Signal().begin({"name": "go"}) == step_kind.Wait(waits_for="signal:go")
        assert Signal().begin({"name": "go", "secs": 60}) == step_kind.Wait(waits_for="signal:go", secs=60)
        assert Signal().resume({"name": "go"}, [1]) == Completed(output=[1])

    def test_it_fails_when_its_time_is_over(self) -> None:
        assert Signal().expire({"name": "go", "secs": 60}) == Failed(error="the signal 'go' did not come in time")


class TestApproval(StepKindConformance):
    kind = Approval
    inputs = ({"message": "Deploy?"}, {"message": "Deploy?", "fields": {"reason": {"type": "string"}}})
    answers = ({"approved": True, **BY, "input": {"reason": "x"}}, {"approved": False, **BY, "reason": "no"})

    def test_an_approval_is_its_output(self) -> None:
        given = {"message": "Deploy?"}
        assert Approval().begin(given) == step_kind.Wait(waits_for="approval")
        output = {"approval_message": "Deploy?", "approved": True, "approved_by": "ada", "approved_at": BY["at"]}
        assert Approval().resume(given, {"approved": True, **BY}) == Completed(output=output)
        with_input = {**output, "input": {"reason": "x"}}
        assert Approval().resume(given, {"approved": True, **BY, "input": {"reason": "x"}}) == Completed(
            output=with_input
        )

    @pytest.mark.parametrize(
        ("reason", "error"), [("too late", "too late"), (None, "rejected"), (" ", "rejected"), ("é" * 3000, "é" * 2048)]
    )
    def test_a_rejection_fails_with_its_reason(self, reason: Json, error: str) -> None:
        answer = {"approved": False, **BY, "reason": reason}
        assert Approval().resume({"message": "Deploy?"}, answer) == Failed(error=error)
