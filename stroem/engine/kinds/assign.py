"""Steps that compute a value."""

from collections.abc import Mapping
from typing import ClassVar

from stroem.definitions.values import Json
from stroem.interfaces.step_kind import Completed, Failed, StepKind


class Assign(StepKind):
    """A step with its rendered input as output."""

    name: ClassVar[str] = "assign"

    def begin(self, input: Mapping[str, Json]) -> Completed:
        """Completes at once."""
        return Completed(output=dict(input))

    def resume(self, input: Mapping[str, Json], answer: Json) -> Failed:
        """Fails: it never waits."""
        return Failed(error="an assignment cannot be resumed")

    def expire(self, input: Mapping[str, Json]) -> Failed:
        """Fails: it never waits."""
        return Failed(error="an assignment cannot expire")
