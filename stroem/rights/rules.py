"""Rights by rules: what a rule denies is denied, what no rule allows too."""

from collections.abc import Iterator, Mapping, Sequence

import attrs

from stroem.rights.decision import Verdict
from stroem.rights.globs import any_matches
from stroem.rights.place import Fit, Place, fit
from stroem.rights.roles import ROLES
from stroem.rights.verbs import STEERING_VERBS, VERBS, Verb
from stroem.rights.workspace_rules import WorkspaceRules
from stroem.settings.rights import RoleSettings, RuleSettings

_OF_PART: frozenset[Verb] = frozenset({"workspace.read"})
"""What a rule for some tasks allows at their workspace."""
_ALL_OF_PART: frozenset[Verb] = frozenset({"source.read"})
"""What a rule for some tasks denies at their workspace, whose files are theirs too."""


@attrs.frozen(kw_only=True)
class Rule:
    """A compiled rule; `name` is its place. `origin` is the workspace whose file has it, None in the settings.

    What a rule gives that `is_kept`, no rule of a workspace denies.
    """

    name: str
    is_deny: bool
    verbs: frozenset[Verb]
    workspaces: tuple[str, ...]
    tasks: tuple[str, ...]
    origin: str | None = None
    is_kept: bool = False

    def verbs_at(self, place: Place) -> frozenset[Verb]:
        """The verbs that the rule allows or denies at a place."""
        reached = self.reached(place)
        return reached if self.origin is None else reached - self.withheld(place)

    def reached(self, place: Place) -> frozenset[Verb]:
        """The same, with those that are withheld."""
        covered = fit(self.workspaces, self.tasks, place)
        if covered is Fit.WHOLE:
            return self.verbs
        if covered is Fit.NONE:
            return frozenset()
        if place.is_gone:
            return self.verbs if self.is_deny else frozenset()
        return self.verbs & (_ALL_OF_PART if self.is_deny else _OF_PART)

    def withheld(self, place: Place) -> frozenset[Verb]:
        """The verbs that a rule of a workspace does not allow there: those that choose its release, and so the rules.

        At a workspace that is gone, which may stand for any, none of them is allowed either.
        """
        is_own = self.origin is not None and (place.workspace == self.origin or place.is_workspace_gone)
        return STEERING_VERBS if is_own and not self.is_deny else frozenset()

    def shows(self, place: Place) -> bool:
        """Whether the rule allows something at a part of the place."""
        return not self.is_deny and not place.is_gone and fit(self.workspaces, self.tasks, place) is not Fit.NONE


@attrs.frozen
class RulesJudge:
    """Decisions by the rules of one principal. `remark` says why rules may be absent."""

    rules: Sequence[Rule]
    remark: str = ""

    def at(self, place: Place) -> Verdict:
        """The verbs at a place."""
        allowed: set[Verb] = set()
        kept: set[Verb] = set()
        denied: set[Verb] = set()
        denied_by_workspace: set[Verb] = set()
        for rule in self.rules:
            verbs = rule.verbs_at(place)
            if rule.is_deny:
                (denied if rule.origin is None else denied_by_workspace).update(verbs)
                continue
            allowed |= verbs
            if rule.is_kept:
                kept |= verbs
        denied |= denied_by_workspace - kept
        left = frozenset(allowed - denied)
        is_part = place.workspace is not None and place.task is None
        hidden = "workspace.read" in denied or not is_part
        shown = bool(left) or (not hidden and any(rule.shows(place) for rule in self.rules))
        return Verdict(verbs=left, is_visible=shown)

    def tasks_with(self, verb: Verb, workspace: str, paths: Mapping[str, str]) -> frozenset[str]:
        """The tasks of a workspace at which a verb is allowed, of those given by name and path."""
        place = Place(workspace=workspace)
        rules = [
            rule
            for rule in self.rules
            if verb in rule.verbs - rule.withheld(place) and any_matches(rule.workspaces, workspace)
        ]
        allowed = {pattern for rule in rules if not rule.is_deny for pattern in rule.tasks}
        kept = {pattern for rule in rules if rule.is_kept for pattern in rule.tasks}
        denied = {pattern for rule in rules if rule.is_deny and rule.origin is None for pattern in rule.tasks}
        by_workspace = {pattern for rule in rules if rule.is_deny and rule.origin is not None for pattern in rule.tasks}

        def is_denied(path: str) -> bool:
            return any_matches(denied, path) or (any_matches(by_workspace, path) and not any_matches(kept, path))

        found = (name for name, path in paths.items() if any_matches(allowed, path))
        return frozenset(name for name in found if not is_denied(paths[name]))

    def because(self, verb: Verb, place: Place) -> tuple[str | None, str]:
        """The rule that decides, and the reason in words."""
        found = [rule for rule in self.rules if verb in rule.verbs_at(place)]
        is_kept = any(rule.is_kept for rule in found)
        for rule in found:
            if rule.is_deny and not (is_kept and rule.origin is not None):
                return rule.name, f"{rule.name} denies {verb} at {place}"
        for rule in found:
            if not rule.is_deny:
                return rule.name, f"{rule.name} allows {verb} at {place}"
        for rule in self.rules:
            if verb in rule.reached(place) & rule.withheld(place):
                return None, f"no rule allows {verb} at {place}; {rule.name} may not, since its own release hangs on it"
        return None, f"no rule allows {verb} at {place}{self.remark}"


class Rules:
    """Compiled rules, found by their subjects: those of the settings, then those of a workspace's release."""

    def __init__(
        self, rules: Sequence[RuleSettings], roles: Mapping[str, RoleSettings], of_workspace: WorkspaceRules | None
    ) -> None:
        self._rules: list[Rule] = []
        self._by_subject: dict[tuple[str, str], list[int]] = {}
        self._remark = ""
        for index, one in enumerate(rules):
            self._add(one, _compiled(f"rules[{index}]", one, roles))
        if of_workspace is not None:
            content, workspace = of_workspace.content, of_workspace.workspace
            for index, one in enumerate(content.rules):
                self._add(one, _compiled(of_workspace.place_of(index), one, content.roles, workspace))
            if of_workspace.error is not None:
                self._remark = f"; the rules of workspace {workspace} are not in effect: {of_workspace.error}"

    def of(self, subjects: Iterator[tuple[str, str]]) -> RulesJudge:
        """The decisions for subjects."""
        indexes = {index for subject in subjects for index in self._by_subject.get(subject, ())}
        return RulesJudge([self._rules[index] for index in sorted(indexes)], self._remark)

    def _add(self, one: RuleSettings, rule: Rule) -> None:
        for subject in subjects_of(one):
            self._by_subject.setdefault(subject, []).append(len(self._rules))
        self._rules.append(rule)


def verbs_of(patterns: Sequence[str]) -> frozenset[Verb]:
    """The verbs that match patterns."""
    return frozenset(verb for verb in VERBS if any_matches(patterns, verb))


def verbs_of_rule(rule: RuleSettings, roles: Mapping[str, RoleSettings]) -> frozenset[Verb]:
    """The verbs of a rule: its own, and those of its role."""
    verbs = verbs_of(rule.verbs)
    if rule.role is not None and rule.role in ROLES:
        verbs |= ROLES[rule.role]
    elif rule.role is not None and rule.role in roles:
        verbs |= verbs_of(roles[rule.role].verbs)
    return verbs


def subjects_of(rule: RuleSettings) -> Iterator[tuple[str, str]]:
    """The subjects that a rule names, each with its kind: everyone, group, user, service."""
    if rule.everyone:
        yield "everyone", ""
    for group in rule.groups:
        yield "group", group
    for user in rule.users:
        yield "user", user.lower()
    for account in rule.service_accounts:
        yield "service", account


def _compiled(name: str, one: RuleSettings, roles: Mapping[str, RoleSettings], origin: str | None = None) -> Rule:
    return Rule(
        name=name,
        is_deny=one.effect == "deny",
        verbs=verbs_of_rule(one, roles),
        workspaces=one.workspaces,
        tasks=one.tasks,
        origin=origin,
        is_kept=origin is None and one.effect == "allow" and one.role == "admin",
    )
