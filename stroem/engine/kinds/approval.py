"""Steps that wait for the approval of a person."""

from collections.abc import Mapping, Sequence
from typing import ClassVar

from stroem.definitions.values import Json
from stroem.engine.values.approval_terms import VOTES, InvalidTerms, Terms, Vote, read_terms
from stroem.engine.values.forms import FIELDS, InvalidForm, read_form
from stroem.interfaces.step_kind import Completed, Failed, StepKind, Undecided, Wait

_REASON_BYTES = 4096
"""Most bytes of the reason of a rejection, and of a comment."""


class Approval(StepKind):
    """A step that waits for an answer to the `message` of its input, with a form of `fields`.

    An answer has `approved`, and `decides` if it needs no other one; `by` and `at`, the person and the time (RFC 3339);
    then `input`, the values of the form, and a `comment`; or the `reason` of a rejection. With `on_reject` of
    `continue`, a rejected step completes. Without an answer in time it fails; with `on_timeout` of `approve` or
    `reject`, that is the answer. `remind` are the seconds after which people are reminded, with `remind_hooks` by the
    hooks of the suspension too.

    With a `quorum`, so many people must approve, and the first rejection decides. Whether a person is among `approvers`
    and not excluded by `four_eyes` is checked before an answer gets here.
    """

    name: ClassVar[str] = "approval"

    def begin(self, input: Mapping[str, Json]) -> Failed | Wait:
        """Waits. Fails without a message, and for an invalid form."""
        message = input.get("message")
        if not isinstance(message, str) or not message:
            return Failed(error="message must be a text")
        try:
            read_form(input.get(FIELDS))
        except InvalidForm as error:
            return Failed(error=f"fields are not valid: {error}")
        try:
            terms = read_terms(input)
        except InvalidTerms as error:
            return Failed(error=str(error))
        if terms.name_people and input.get("on_timeout") == "approve":
            return Failed(error="on_timeout must not approve in the place of the approvers")
        if terms.quorum > 1 and input.get(FIELDS):
            return Failed(error="a form does not go with a quorum")
        reminders = input.get("remind") or ()
        if not isinstance(reminders, list | tuple) or not all(isinstance(secs, int | float) for secs in reminders):
            return Failed(error="remind must be a list of seconds")
        return Wait(waits_for="approval", reminders=tuple(reminders), reminds_hooks=input.get("remind_hooks") is True)

    def resume(self, input: Mapping[str, Json], answer: Json) -> Completed | Failed | Undecided:
        """Completes when enough people have approved, fails when one has rejected."""
        if not isinstance(answer, Mapping) or not isinstance(answer.get("approved"), bool):
            return Failed(error="the answer does not tell whether the step is approved")
        reason = _text(answer.get("reason")) or "rejected"
        try:
            terms = read_terms(input)
        except InvalidTerms as error:
            return Failed(error=str(error))
        if answer["approved"] is not True:
            return _outcome(input, answer, reason, approved=False)
        votes = _with_vote(terms, answer)
        if 1 < terms.quorum > len(votes) and answer.get("decides") is not True:
            note = f"{len(votes)} of {terms.quorum} approvals"
            return Undecided(input={**input, VOTES: [vote.to_json() for vote in votes]}, note=note)
        return _outcome(input, answer, reason, approved=True, votes=votes if terms.quorum > 1 else ())

    def expire(self, input: Mapping[str, Json]) -> Completed | Failed:
        """Gives the answer for an approval that has none in time, or fails."""
        chosen = input.get("on_timeout")
        if chosen not in ("approve", "reject"):
            return Failed(error="the step was not approved in time")
        reason = "there was no answer in time"
        return _outcome(input, {"by": "timeout"}, reason, approved=chosen == "approve")


def _with_vote(terms: Terms, answer: Mapping[str, Json]) -> tuple[Vote, ...]:
    """The approvals with that of the answer. A person counts once."""
    by, at = answer.get("by"), answer.get("at")
    if not isinstance(by, str) or any(vote.by == by for vote in terms.votes):
        return terms.votes
    vote = Vote(by=by, at=at if isinstance(at, str) else None, comment=_text(answer.get("comment")))
    return (*terms.votes, vote)


def _outcome(
    input: Mapping[str, Json],
    answer: Mapping[str, Json],
    reason: str,
    *,
    approved: bool,
    votes: Sequence[Vote] = (),
) -> Completed | Failed:
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
    if comment := _text(answer.get("comment")):
        output["comment"] = comment
    if votes:
        output[VOTES] = [vote.to_json() for vote in votes]
    return Completed(output=output if answer.get("input") is None else {**output, "input": answer["input"]})


def _text(given: Json) -> str | None:
    """The text of a reason or comment, at most 4 KiB of it; None if it is blank."""
    if not isinstance(given, str) or not given.strip():
        return None
    return given.encode()[:_REASON_BYTES].decode(errors="ignore")
