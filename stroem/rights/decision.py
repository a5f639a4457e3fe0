"""The decision about a verb at a place."""

import attrs

from stroem.rights.verbs import Verb


@attrs.frozen(kw_only=True)
class Decision:
    """Whether something may be done. What is not visible is answered as if it were missing.

    `rule` is the place of the rule that decided in the settings, like `rules[2]`.
    """

    is_allowed: bool
    is_visible: bool
    rule: str | None = None
    reason: str


@attrs.frozen(kw_only=True)
class Verdict:
    """The verbs that are allowed at a place. A place without any may be visible, when a part of it has some."""

    verbs: frozenset[Verb]
    is_visible: bool


NOTHING = Verdict(verbs=frozenset(), is_visible=False)
