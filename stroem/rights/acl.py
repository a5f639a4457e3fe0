"""Rights by the section `acl`: the highest permission that a rule gives counts."""

from collections.abc import Iterator, Mapping, Sequence

import attrs

from stroem.rights.decision import Verdict
from stroem.rights.globs import any_matches
from stroem.rights.place import Fit, Place, fit
from stroem.rights.roles import ROLES
from stroem.rights.verbs import Verb
from stroem.settings.rights import AclSettings, Permission

_RANKS: Mapping[Permission, int] = {"deny": 0, "view": 1, "run": 2}
_VIEW = ROLES["viewer"]
_VERBS: Mapping[Permission, frozenset[Verb]] = {
    "deny": frozenset(),
    "view": _VIEW,
    "run": _VIEW | ROLES["operator"] | ROLES["approver"] | {"cache.clear", "state.write", "workspace.sync"},
}
"""The verbs of each permission. Steering workspaces is for administrators."""
_OF_SERVER: frozenset[Verb] = frozenset(
    {"event.read", "library.read", "plugin.read", "queue.read", "trigger.read", "worker.read"}
)
"""What everybody may read of the server, whatever the rules say."""


@attrs.frozen(kw_only=True)
class Grant:
    """A rule; `name` is its place in the settings."""

    name: str
    action: Permission
    workspaces: tuple[str, ...]
    tasks: tuple[str, ...]


@attrs.frozen
class AclJudge:
    """Decisions by the grants of one principal."""

    grants: Sequence[Grant]
    default: Permission

    def at(self, place: Place) -> Verdict:
        """The verbs at a place."""
        if place.workspace is None:
            return Verdict(verbs=_OF_SERVER, is_visible=True)
        verbs = _VERBS[self._permission(place)[0]]
        if not verbs and place.task is None and not place.is_gone and self._shows_part(place):
            return Verdict(verbs=frozenset({"workspace.read"}), is_visible=True)
        return Verdict(verbs=verbs, is_visible=bool(verbs))

    def tasks_with(self, verb: Verb, workspace: str, paths: Mapping[str, str]) -> frozenset[str]:
        """The tasks of a workspace at which a verb is allowed, of those given by name and path."""
        grants = [grant for grant in self.grants if any_matches(grant.workspaces, workspace)]
        grants.sort(key=lambda grant: _RANKS[grant.action], reverse=True)

        def permission(path: str) -> Permission:
            return next((grant.action for grant in grants if any_matches(grant.tasks, path)), self.default)

        return frozenset(name for name, path in paths.items() if verb in _VERBS[permission(path)])

    def because(self, verb: Verb, place: Place) -> tuple[str | None, str]:
        """The rule that decides, and the reason in words."""
        if place.workspace is None:
            return None, f"the section acl says nothing about {verb} at the server"
        permission, name = self._permission(place)
        return name, f"{name or 'acl.default'} gives {permission!r} at {place}"

    def _permission(self, place: Place) -> tuple[Permission, str | None]:
        """The highest permission that is sure, and its rule. Where a rule may match, `default` is not sure."""
        found = [(grant, fit(grant.workspaces, grant.tasks, place)) for grant in self.grants]
        sure = [grant for grant, covered in found if covered is Fit.WHOLE]
        if sure:
            best = max(sure, key=lambda grant: _RANKS[grant.action])
            return best.action, best.name
        unsure = next((grant for grant, covered in found if covered is Fit.PART), None)
        return (self.default, None) if unsure is None else ("deny", unsure.name)

    def _shows_part(self, place: Place) -> bool:
        fits = [(grant, fit(grant.workspaces, grant.tasks, place)) for grant in self.grants]
        if any(covered is not Fit.NONE and grant.action != "deny" for grant, covered in fits):
            return True
        return self.default != "deny" and not any(covered is Fit.WHOLE for _, covered in fits)


class Acl:
    """The compiled section, found by subjects."""

    def __init__(self, settings: AclSettings) -> None:
        self._default = settings.default
        self._grants: list[Grant] = []
        self._by_subject: dict[tuple[str, str], list[int]] = {}
        for index, one in enumerate(settings.rules):
            name = f"acl.rules[{index}]"
            grant = Grant(name=name, action=one.action, workspaces=(one.workspace,), tasks=one.tasks)
            self._grants.append(grant)
            for subject in (*(("group", g) for g in one.groups), *(("user", u.lower()) for u in one.users)):
                self._by_subject.setdefault(subject, []).append(index)

    def of(self, subjects: Iterator[tuple[str, str]]) -> AclJudge:
        """The decisions for subjects."""
        indexes = {index for subject in subjects for index in self._by_subject.get(subject, ())}
        return AclJudge([self._grants[index] for index in sorted(indexes)], self._default)
