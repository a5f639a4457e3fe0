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
    or the `reason` of a rejection. With `on_reject` of `continue`, a rejected step completes. Without an answer in time
    it fails; with `on_timeout` of `approve` or `reject`, that is the answer.
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
        return _outcome(input, answer, answer["approved"] is True, _reason(answer.get("reason")))

    def expire(self, input: Mapping[str, Json]) -> Completed | Failed:
        """Gives the answer for an approval that has none in time, or fails."""
        chosen = input.get("on_timeout")
        if chosen not in ("approve", "reject"):
            return Failed(error="the step was not approved in time")
        return _outcome(input, {"by": "timeout"}, chosen == "approve", "there was no answer in time")


def _outcome(input: Mapping[str, Json], answer: Mapping[str, Json], approved: bool, reason: str) -> Completed | Failed:
    if not approved and input.get("on_reject") != "continue":
        return Failed(error=reason)
    who = "approved" if approved else "rejected"
    output = {
        "approval_message": input.get("message"),
        "approved": approved,
        f"{who}_by": answer.get("by"),
        f"{who}_at": answer.get("at"),
    }
    if not approved:
        output["rejection_reason"] = reason
    return Completed(output=output if answer.get("input") is None else {**output, "input": answer["input"]})


def _reason(given: Json) -> str:
    if not isinstance(given, str) or not given.strip():
        return "rejected"
    return given.encode()[:_REASON_BYTES].decode(errors="ignore")
