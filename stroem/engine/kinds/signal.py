"""Steps that wait for a signal."""

from collections.abc import Mapping
from typing import ClassVar

from stroem.definitions.values import Json
from stroem.engine.kinds import seconds
from stroem.interfaces.step_kind import Completed, Failed, StepKind, Wait


class Signal(StepKind):
    """A step that waits for the signal `name`, at most `secs` seconds if given, with a payload of `fields` if given."""

    name: ClassVar[str] = "signal"

    def begin(self, input: Mapping[str, Json]) -> Failed | Wait:
        """Waits. Fails for an invalid name or number of seconds."""
        name, secs = input.get("name"), input.get("secs")
        if not isinstance(name, str) or not name:
            return Failed(error="name must be the name of a signal")
        if secs is None:
            return Wait(waits_for=f"signal:{name}")
        if problem := seconds.seconds_problem(secs):
            return Failed(error=problem)
        assert isinstance(secs, int | float)
        return Wait(waits_for=f"signal:{name}", secs=secs)

    def resume(self, input: Mapping[str, Json], answer: Json) -> Completed:
        """Completes with the payload of the signal."""
        return Completed(output=answer)

    def expire(self, input: Mapping[str, Json]) -> Failed:
        """Fails: the signal did not come."""
        return Failed(error=f"the signal {input.get('name')!r} did not come in time")
