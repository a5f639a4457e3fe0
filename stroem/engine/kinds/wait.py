"""Steps that wait for a time."""

import datetime
from collections.abc import Mapping
from typing import ClassVar

from stroem.conversion import literals
from stroem.definitions.values import Json, parse_duration
from stroem.engine.kinds import seconds
from stroem.interfaces import step_kind
from stroem.interfaces.step_kind import Completed, Failed, StepKind


class Wait(StepKind):
    """A step that completes after the `secs` seconds of its input, after the length `for`, or at the time `until`.

    A length is a number of seconds or a text such as `1h30m`; a time is RFC 3339, in UTC unless it has an offset.
    """

    name: ClassVar[str] = "wait"

    def begin(self, input: Mapping[str, Json]) -> Failed | step_kind.Wait:
        """Waits. Fails for an invalid length or time."""
        if "until" in input:
            try:
                until = literals.timestamp(input["until"])
            except ValueError:
                return Failed(error=f"until must be a time such as 2026-01-31T12:00:00Z, not {input['until']!r:.80}")
            zone = until.tzinfo or datetime.UTC
            return step_kind.Wait(waits_for="timer", until=until.replace(tzinfo=zone))
        given = input.get("for", input.get("secs"))
        secs = parse_duration(given) if isinstance(given, str) else given
        if problem := seconds.seconds_problem(secs):
            return Failed(error=problem if "for" not in input else f"for must be a length such as 1h30m: {problem}")
        assert isinstance(secs, int | float)
        return step_kind.Wait(waits_for="timer", secs=secs)

    def resume(self, input: Mapping[str, Json], answer: Json) -> Failed:
        """Fails: only time ends a wait."""
        return Failed(error="a wait for a time cannot be resumed")

    def expire(self, input: Mapping[str, Json]) -> Completed:
        """Completes without an output."""
        return Completed()
