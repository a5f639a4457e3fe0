"""Steps that wait for a time."""

from collections.abc import Mapping
from typing import ClassVar

from stroem.definitions.values import Json
from stroem.engine.kinds import seconds
from stroem.interfaces import step_kind
from stroem.interfaces.step_kind import Completed, Failed, StepKind


class Wait(StepKind):
    """A step that completes after the `secs` seconds of its input."""

    name: ClassVar[str] = "wait"

    def begin(self, input: Mapping[str, Json]) -> Failed | step_kind.Wait:
        """Waits. Fails for an invalid number of seconds."""
        secs = input.get("secs")
        if problem := seconds.seconds_problem(secs):
            return Failed(error=problem)
        assert isinstance(secs, int | float)
        return step_kind.Wait(waits_for="timer", secs=secs)

    def resume(self, input: Mapping[str, Json], answer: Json) -> Failed:
        """Fails: only time ends a wait."""
        return Failed(error="a wait for a time cannot be resumed")

    def expire(self, input: Mapping[str, Json]) -> Completed:
        """Completes without an output."""
        return Completed()
