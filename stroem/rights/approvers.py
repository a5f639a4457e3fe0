"""Who may answer an approval, beyond the right to answer approvals."""

from collections.abc import Collection
from email.utils import parseaddr

import attrs

from stroem.definitions.approvers import Approvers, Excluded
from stroem.records.principal import Principal


@attrs.frozen(kw_only=True)
class People:
    """The people behind a job: those who have started it, and the author of its commit (`Name <address>`)."""

    starters: frozenset[str] = frozenset()
    author: str | None = None


def refusal(
    approvers: Approvers | None, four_eyes: Collection[Excluded], who: Principal, people: People, *, approves: bool
) -> str | None:
    """The reason for which somebody may not answer; None if they may.

    Only people answer, and administrators are no exception. Those whom `four_eyes` excludes may reject.
    """
    if who.kind != "user":
        return "only a person who has signed in may answer"
    if approvers is not None and not is_named(approvers, who):
        return "you are none of its approvers"
    if not approves:
        return None
    own = who.name.casefold()
    if "starter" in four_eyes and own in {name.casefold() for name in people.starters}:
        return "who has started the job may not approve it"
    if "author" not in four_eyes:
        return None
    if people.author is None:
        return "the author of its release is not known, and may not be the one to approve it"
    return "the author of its commit may not approve it" if own == address_of(people.author) else None


def is_named(approvers: Approvers, who: Principal) -> bool:
    """Whether a person is one of the approvers."""
    return who.name.casefold() in {user.casefold() for user in approvers.users} or not who.groups.isdisjoint(
        approvers.groups
    )


def address_of(author: str) -> str:
    """The e-mail address in the name of an author, in small letters."""
    return parseaddr(author)[1].casefold()
