"""Terms of an approval: who may answer, how many must agree, and the approvals that there are."""

from collections.abc import Mapping
from typing import get_args

import attrs

from stroem.definitions.approvers import Approvers, Excluded
from stroem.definitions.values import Json

VOTES = "approvals"
"""The key of the approvals so far in the input of a step."""


class InvalidTerms(ValueError):
    """Terms that cannot be read. The message is the reason."""


@attrs.frozen(kw_only=True)
class Vote:
    """An approval by a person at a time (RFC 3339)."""

    by: str
    at: str | None = None
    comment: str | None = None

    def to_json(self) -> dict[str, Json]:
        """The vote as it is stored."""
        return {key: value for key, value in attrs.asdict(self).items() if value is not None}


@attrs.frozen(kw_only=True)
class Terms:
    """Terms of an approval. Without `approvers`, whoever may approve jobs may answer. `votes` are those so far."""

    approvers: Approvers | None = None
    quorum: int = 1
    four_eyes: tuple[Excluded, ...] = ()
    votes: tuple[Vote, ...] = ()

    @property
    def name_people(self) -> bool:
        """Whether an answer counts only from somebody who has signed in."""
        return self.approvers is not None or self.quorum > 1 or bool(self.four_eyes)


def terms_input(approvers: Approvers | None, quorum: int, four_eyes: tuple[Excluded, ...]) -> dict[str, Json]:
    """Terms as a step has them in its input."""
    named = None if approvers is None else {"users": list(approvers.users), "groups": list(approvers.groups)}
    return {"approvers": named, "quorum": quorum if quorum != 1 else None, "four_eyes": list(four_eyes) or None}


def read_terms(input: Json) -> Terms:
    """The terms in the input of a step. Raises InvalidTerms."""
    given = input if isinstance(input, Mapping) else {}
    quorum = given.get("quorum", 1)
    if type(quorum) is not int or quorum < 1:
        raise InvalidTerms("quorum must be a number from 1 on")
    four_eyes = _texts(given.get("four_eyes"), "four_eyes")
    if unknown := sorted({*four_eyes} - {*get_args(Excluded)}):
        raise InvalidTerms(f"four_eyes does not know {unknown[0]!r}")
    return Terms(
        approvers=_approvers(given.get("approvers")),
        quorum=quorum,
        four_eyes=four_eyes,  # type: ignore[arg-type]
        votes=tuple(_votes(given.get(VOTES))),
    )


def _approvers(given: Json) -> Approvers | None:
    if given is None:
        return None
    if not isinstance(given, Mapping):
        raise InvalidTerms("approvers must have users or groups")
    users, groups = (tuple(filter(None, _texts(given.get(key), f"approvers.{key}"))) for key in ("users", "groups"))
    if not users and not groups:
        raise InvalidTerms("approvers name nobody")
    return Approvers(users=users, groups=groups)


def _texts(given: Json, what: str) -> tuple[str, ...]:
    if given is None:
        return ()
    if not isinstance(given, list | tuple) or not all(isinstance(one, str) for one in given):
        raise InvalidTerms(f"{what} must be a list of texts")
    return tuple(str(one).strip() for one in given)


def _votes(given: Json) -> list[Vote]:
    found = []
    for one in given if isinstance(given, list | tuple) else ():
        if isinstance(one, Mapping) and isinstance(one.get("by"), str):
            at, comment = one.get("at"), one.get("comment")
            found.append(
                Vote(
                    by=str(one["by"]),
                    at=at if isinstance(at, str) else None,
                    comment=comment if isinstance(comment, str) else None,
                )
            )
    return found
