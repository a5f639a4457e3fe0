"""Difference between the decisions of two sets of rules of rights."""

import itertools
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

import attrs

from stroem.records.release_plan import RightsChange, RightsWord
from stroem.rights.globs import glob_matches
from stroem.rights.place import Place
from stroem.rights.rules import Rules, RulesJudge, subjects_of
from stroem.rights.verbs import VERBS, Verb
from stroem.rights.workspace_rules import RulesFile, WorkspaceRules
from stroem.settings.rights import RoleSettings, RuleSettings

SERVER_VERBS = ("audit.", "library.", "plugin.", "rights.", "secret.rotate", "settings.", "user.", "worker.")
"""Beginnings of the verbs that are done at the server."""
WORKSPACE_VERBS = ("cache.", "secret.", "source.", "workspace.")
"""Beginnings of the verbs that are done at workspaces, but not at single tasks."""

_EVERYONE = ("everyone", "")
_KINDS = {"everyone": "everyone", "group": "group", "user": "user", "service": "service_account"}
_ANY = "\x00"
"""Replaces `*` to make an example name of a pattern: only patterns that cover all of that pattern match it."""
_MOST_PATTERNS = 64

_Subject = tuple[str, str]
_Pattern = tuple[str, str]
_Verbs = Mapping[_Pattern, frozenset[Verb]]


@attrs.frozen(kw_only=True)
class OwnRules:
    """The rules of the settings, which hold before and after, and the `workspace` that gives rights beside them."""

    workspace: str = ""
    rules: Sequence[RuleSettings] = ()
    roles: Mapping[str, RoleSettings] = attrs.Factory(dict)


def rights_changes(
    old: RulesFile | None, new: RulesFile | None, own: OwnRules = OwnRules()
) -> tuple[list[RightsChange], int]:
    """The changes of rights of all subjects that the old or new rules name, and the number of patterns left out.

    A subject stands for itself and everyone: which users are in which groups, rules do not say.
    """
    before, after = (_compiled(file, own) for file in (old, new))
    written = [*own.rules, *(rule for file in (old, new) if file for rule in file.rules)]
    subjects_by_rule = [frozenset(subjects_of(rule)) for rule in written]
    named = {subject for subjects in subjects_by_rule[len(own.rules) :] for subject in subjects}
    known: dict[tuple[int, ...], tuple[list[RightsChange], int]] = {}
    changes: list[RightsChange] = []
    left_out = 0
    for subject in sorted(named, key=lambda one: (list(_KINDS).index(one[0]), one[1])):
        concerned = tuple(
            index for index, found in enumerate(subjects_by_rule) if subject in found or _EVERYONE in found
        )
        key = (-1, *concerned) if subject == _EVERYONE else concerned
        if key not in known:
            patterns = _patterns([written[index] for index in concerned], own.workspace)
            both = _Both(before=before, after=after, subject=subject, patterns=patterns[:_MOST_PATTERNS])
            known[key] = list(both.changes()), len(patterns[_MOST_PATTERNS:])
        found, uncompared = known[key]
        changes += (attrs.evolve(one, kind=_KINDS[subject[0]], name=subject[1]) for one in found)
        left_out += uncompared
    return changes, left_out


@attrs.frozen(kw_only=True)
class _Both:
    """The decisions for one subject before and after, at these patterns."""

    before: Rules
    after: Rules
    subject: _Subject
    patterns: Sequence[_Pattern]

    def changes(self) -> Iterator[RightsChange]:
        """The changes of the subject beyond those of everyone; withheld and kept verbs are its exceptions to these."""
        was, now = (self._verbs(rules, self.subject) for rules in (self.before, self.after))
        changed: dict[RightsWord, _Verbs] = {"gained": _minus(now, was), "lost": _minus(was, now)}
        if self.subject != _EVERYONE:
            all_were, all_are = (self._verbs(rules, _EVERYONE) for rules in (self.before, self.after))
            gained, lost = _minus(all_are, all_were), _minus(all_were, all_are)
            changed = {
                "gained": _minus(changed["gained"], gained),
                "lost": _minus(changed["lost"], lost),
                "withheld": _minus(gained, now),
                "kept": {pattern: verbs & now[pattern] for pattern, verbs in lost.items()},
            }
        around = {one: frozenset(wide for wide in self.patterns if _is_inside(one, wide)) for one in self.patterns}
        ordered = sorted(self.patterns, key=lambda one: len(around[one]))
        for word, verbs in changed.items():
            told: dict[Verb, list[tuple[_Pattern, frozenset[_Pattern]]]] = {}
            for pattern in ordered:
                rows: dict[tuple[_Pattern, ...], list[Verb]] = {}
                for verb in sorted(verbs[pattern]):
                    if any(
                        wide in around[pattern] and around[pattern].isdisjoint(but) and pattern not in but
                        for wide, but in told.get(verb, ())
                    ):
                        continue
                    exceptions = self._exceptions(word, verb, pattern, around, now)
                    told.setdefault(verb, []).append((pattern, frozenset(exceptions)))
                    rows.setdefault(exceptions, []).append(verb)
                yield from (_row(word, same, pattern, exceptions) for exceptions, same in rows.items())

    def _exceptions(
        self,
        word: RightsWord,
        verb: Verb,
        pattern: _Pattern,
        around: Mapping[_Pattern, frozenset[_Pattern]],
        now: _Verbs,
    ) -> tuple[_Pattern, ...]:
        """The widest patterns inside of a pattern at which a verb ends up otherwise."""
        has = word in ("gained", "kept")
        others = [
            one
            for one in self.patterns
            if pattern in around[one] and is_done_at(verb, one) and (verb in now[one]) is not has
        ]
        return tuple(one for one in others if around[one].isdisjoint(others))

    def _verbs(self, rules: Rules, subject: _Subject) -> _Verbs:
        judge = rules.of(iter({_EVERYONE, subject}))
        return {pattern: _verbs_at(judge, pattern) for pattern in self.patterns}


def _row(word: RightsWord, verbs: Sequence[Verb], pattern: _Pattern, exceptions: Sequence[_Pattern]) -> RightsChange:
    return RightsChange(
        kind="everyone",
        name="",
        change=word,
        verbs=tuple(verbs),
        workspaces=pattern[0],
        tasks=pattern[1],
        except_at=tuple("/".join(one) for one in exceptions),
    )


def _compiled(file: RulesFile | None, own: OwnRules) -> Rules:
    return Rules(own.rules, own.roles, WorkspaceRules(workspace=own.workspace, file=file))


def _verbs_at(judge: RulesJudge, pattern: _Pattern) -> frozenset[Verb]:
    """The verbs at names that match a pattern: at a task, and for all tasks at its workspace too."""
    workspace, task = map(_example, pattern)
    found = judge.at(Place(workspace=workspace, task=task)).verbs
    if pattern[1] == "*":
        of_workspace = judge.at(Place(workspace=workspace)).verbs
        found = frozenset(verb for verb in VERBS if verb in (of_workspace if _is_of_workspace(verb) else found))
    return frozenset(verb for verb in found if is_done_at(verb, pattern))


def _is_of_workspace(verb: Verb) -> bool:
    return verb.startswith(WORKSPACE_VERBS)


def is_done_at(verb: Verb, pattern: _Pattern) -> bool:
    """Whether a verb means something at a pattern: of single tasks, of a whole workspace, or of everything."""
    workspace, task = pattern
    if verb.startswith(SERVER_VERBS):
        return workspace == "*" and task == "*"
    return task == "*" or not _is_of_workspace(verb)


def _patterns(rules: Iterable[RuleSettings], workspace: str) -> list[_Pattern]:
    """The patterns of rules, and where these meet; the wide ones first."""
    given = list(rules)
    workspaces = _with_meetings({workspace or "*", *(one for rule in given for one in rule.workspaces)})
    tasks = _with_meetings({"*", *(one for rule in given for one in rule.tasks)})
    return sorted(itertools.product(workspaces, tasks), key=lambda one: (one[0] != "*", one[1] != "*", one))


def _with_meetings(patterns: Iterable[str]) -> set[str]:
    """Patterns, and for each two of them one for the names that match both, where that is told by replacing a star."""
    found = {re.sub(r"\*+", "*", pattern) for pattern in patterns}
    given = sorted(found)
    if len(given) <= _MOST_PATTERNS:
        for one, other in itertools.permutations(given, 2):
            both = re.sub(r"\*+", "*", one.replace("*", other, 1))
            if glob_matches(one, _example(both)) and glob_matches(other, _example(both)):
                found.add(both)
    return found


def _is_inside(pattern: _Pattern, other: _Pattern) -> bool:
    """Whether another pattern covers all of a pattern."""
    return pattern != other and all(
        glob_matches(wide, _example(narrow)) for wide, narrow in zip(other, pattern, strict=True)
    )


def _example(pattern: str) -> str:
    return pattern.replace("*", _ANY)


def _minus(some: _Verbs, others: _Verbs) -> _Verbs:
    return {pattern: verbs - others[pattern] for pattern, verbs in some.items()}
