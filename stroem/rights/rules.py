"""Rights by rules: what a rule denies is denied, what no rule allows too."""

from collections.abc import Iterator, Mapping, Sequence

import attrs

from stroem.rights.decision import Verdict
from stroem.rights.globs import any_matches
from stroem.rights.place import Fit, Place, fit
from stroem.rights.roles import ROLES
from stroem.rights.verbs import VERBS, Verb
from stroem.settings.rights import RoleSettings, RuleSettings

_OF_PART: frozenset[Verb] = frozenset({"workspace.read"})
"""What a rule for some tasks allows at their workspace."""
_ALL_OF_PART: frozenset[Verb] = frozenset({"source.read"})
"""What a rule for some tasks denies at their workspace, whose files are theirs too."""


@attrs.frozen(kw_only=True)
class Rule:
    """A compiled rule; `name` is its place in the settings."""

    name: str
    is_deny: bool
    verbs: frozenset[Verb]
    workspaces: tuple[str, ...]
    tasks: tuple[str, ...]

    def verbs_at(self, place: Place) -> frozenset[Verb]:
        """The verbs that the rule allows or denies at a place."""
        covered = fit(self.workspaces, self.tasks, place)
        if covered is Fit.WHOLE:
            return self.verbs
        if covered is Fit.NONE:
            return frozenset()
        if place.is_gone:
            return self.verbs if self.is_deny else frozenset()
        return self.verbs & (_ALL_OF_PART if self.is_deny else _OF_PART)

    def shows(self, place: Place) -> bool:
        """Whether the rule allows something at a part of the place."""
        return not self.is_deny and not place.is_gone and fit(self.workspaces, self.tasks, place) is not Fit.NONE


@attrs.frozen
class RulesJudge:
    """Decisions by the rules of one principal."""

    rules: Sequence[Rule]

    def at(self, place: Place) -> Verdict:
        """The verbs at a place."""
        allowed: set[Verb] = set()
        denied: set[Verb] = set()
        for rule in self.rules:
            (denied if rule.is_deny else allowed).update(rule.verbs_at(place))
        left = frozenset(allowed - denied)
        is_part = place.workspace is not None and place.task is None
        hidden = "workspace.read" in denied or not is_part
        shown = bool(left) or (not hidden and any(rule.shows(place) for rule in self.rules))
        return Verdict(verbs=left, is_visible=shown)

    def tasks_with(self, verb: Verb, workspace: str, paths: Mapping[str, str]) -> frozenset[str]:
        """The tasks of a workspace at which a verb is allowed, of those given by name and path."""
        rules = [rule for rule in self.rules if verb in rule.verbs and any_matches(rule.workspaces, workspace)]
        allowed = {pattern for rule in rules if not rule.is_deny for pattern in rule.tasks}
        denied = {pattern for rule in rules if rule.is_deny for pattern in rule.tasks}
        found = (name for name, path in paths.items() if any_matches(allowed, path))
        return frozenset(name for name in found if not any_matches(denied, paths[name]))

    def because(self, verb: Verb, place: Place) -> tuple[str | None, str]:
        """The rule that decides, and the reason in words."""
        found = [rule for rule in self.rules if verb in rule.verbs_at(place)]
        for rule in found:
            if rule.is_deny:
                return rule.name, f"{rule.name} denies {verb} at {place}"
        if found:
            return found[0].name, f"{found[0].name} allows {verb} at {place}"
        return None, f"no rule allows {verb} at {place}"


class Rules:
    """Compiled rules, found by their subjects."""

    def __init__(self, rules: Sequence[RuleSettings], roles: Mapping[str, RoleSettings]) -> None:
        self._rules: list[Rule] = []
        self._by_subject: dict[tuple[str, str], list[int]] = {}
        for index, one in enumerate(rules):
            self._rules.append(_compiled(index, one, roles))
            for subject in _subjects(one):
                self._by_subject.setdefault(subject, []).append(index)

    def of(self, subjects: Iterator[tuple[str, str]]) -> RulesJudge:
        """The decisions for subjects."""
        indexes = {index for subject in subjects for index in self._by_subject.get(subject, ())}
        return RulesJudge([self._rules[index] for index in sorted(indexes)])


def verbs_of(patterns: Sequence[str]) -> frozenset[Verb]:
    """The verbs that match patterns."""
    return frozenset(verb for verb in VERBS if any_matches(patterns, verb))


def _compiled(index: int, one: RuleSettings, roles: Mapping[str, RoleSettings]) -> Rule:
    verbs = verbs_of(one.verbs)
    if one.role is not None:
        verbs |= ROLES[one.role] if one.role in ROLES else verbs_of(roles[one.role].verbs)
    return Rule(
        name=f"rules[{index}]",
        is_deny=one.effect == "deny",
        verbs=verbs,
        workspaces=one.workspaces,
        tasks=one.tasks,
    )


def _subjects(one: RuleSettings) -> Iterator[tuple[str, str]]:
    if one.everyone:
        yield "everyone", ""
    for group in one.groups:
        yield "group", group
    for user in one.users:
        yield "user", user.lower()
    for account in one.service_accounts:
        yield "service", account
