"""Steps that wait for the approval of a person."""

from collections.abc import Mapping
from typing import ClassVar

from stroem.definitions.values import Json
from stroem.interfaces.step_kind import Completed, Failed, StepKind, Wait

_REASON_BYTES = 4096
"""Most bytes of the reason of a rejection."""


class Approval(StepKind):
    """A step that waits for an answer to the `message` of its input, with a form of `fields`.

    An answer has `approved`; `by` and `at`, the person and the time (RFC 3339); then `input`, the values of the form,
    or the `reason` of a rejection.
    """

    name: ClassVar[str] = "approval"

    def begin(self, input: Mapping[str, Json]) -> Failed | Wait:
        """Waits. Fails without a message."""
        message = input.get("message")
        if not isinstance(message, str) or not message:
            return Failed(error="message must be a text")
        return Wait(waits_for="approval")

    def resume(self, input: Mapping[str, Json], answer: Json) -> Completed | Failed:
        """Completes when it was approved, fails when it was rejected."""
        if not isinstance(answer, Mapping) or not isinstance(answer.get("approved"), bool):
            return Failed(error="the answer does not tell whether the step is approved")
        if not answer["approved"]:
            return Failed(error=_reason(answer.get("reason")))
        output = {
            "approval_message": input.get("message"),
            "approved": True,
            "approved_by": answer.get("by"),
            "approved_at": answer.get("at"),
        }
        return Completed(output=output if answer.get("input") is None else {**output, "input": answer["input"]})

    def expire(self, input: Mapping[str, Json]) -> Failed:
        """Fails: there was no answer."""
        return Failed(error="the step was not approved in time")


def _reason(given: Json) -> str:
    if not isinstance(given, str) or not given.strip():
        return "rejected"
    return given.encode()[:_REASON_BYTES].decode(errors="ignore")
