"""Conditions of approvals beside the right to answer them: approvers, quorum, four eyes."""

from collections.abc import Iterator, Sequence

import attrs

from stroem.definitions.approvers import Approvers, Excluded
from stroem.definitions.references import steps
from stroem.definitions.workspace import Definitions
from stroem.records.principal import ANONYMOUS, Principal
from stroem.rights.approvers import is_named
from stroem.settings.release_guards import GuardSettings


@attrs.frozen(kw_only=True)
class Condition:
    """A condition as text, empty for none, and whether it excludes the one who is asked about in any case."""

    text: str
    refuses: bool


def of_task(definitions: Definitions, task: str, who: Principal) -> Sequence[Condition]:
    """The conditions of the approvals of a task; none where nobody signs in."""
    if who == ANONYMOUS:
        return ()
    found = ((path[-1], definitions.actions.get(step.action)) for path, step in steps(definitions.tasks[task]))
    return tuple(
        _condition(f"step {name!r}", _told(action.approvers, action.quorum, action.four_eyes), action.approvers, who)
        for name, action in found
        if action is not None and action.type == "approval"
    )


def of_guards(guards: GuardSettings, who: Principal) -> Sequence[Condition]:
    """The conditions of approving what waits in a workspace; none where nobody signs in."""
    four_eyes: tuple[Excluded, ...] = ("author",) if guards.four_eyes else ()
    if who == ANONYMOUS or (guards.approvers is None and not four_eyes):
        return ()
    return (_condition("a release that waits", _told(guards.approvers, 1, four_eyes), guards.approvers, who),)


def _condition(what: str, told: Iterator[str], approvers: Approvers | None, who: Principal) -> Condition:
    parts = list(told)
    if not parts:
        return Condition(text="", refuses=False)
    has_templates = approvers is not None and any("{" in one for one in (*approvers.users, *approvers.groups))
    reason = None
    if who.kind != "user":
        reason = f"{who.name} is no person"
    elif approvers is not None and not has_templates and not is_named(approvers, who):
        reason = f"{who.name} is none of them"
    return Condition(text=f"{what}: {'; '.join([*parts, *filter(None, [reason])])}", refuses=reason is not None)


def _told(approvers: Approvers | None, quorum: int, four_eyes: Sequence[Excluded]) -> Iterator[str]:
    if approvers is not None:
        named = [*approvers.users, *(f"group {name}" for name in approvers.groups)]
        yield f"is answered by {', '.join(named)} alone"
    if quorum > 1:
        yield f"needs {quorum} approvals"
    if four_eyes:
        yield f"is not approved by the {' or the '.join(four_eyes)}"
