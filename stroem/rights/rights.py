"""Rights of principals: one function decides."""

import functools
from collections.abc import Iterator, Mapping
from typing import Protocol

import attrs

from stroem.records.principal import KeyScope, Principal
from stroem.rights.acl import Acl
from stroem.rights.decision import NOTHING, Decision, Verdict
from stroem.rights.globs import any_matches
from stroem.rights.place import Fit, Place, fit
from stroem.rights.rules import Rules, verbs_of
from stroem.rights.verbs import ADMIN_VERBS, STEP_VERBS, VERBS, Verb
from stroem.rights.workspace_rules import WorkspaceRules
from stroem.settings.server import ServerSettings

_PRINCIPALS = 4096
"""Number of principals whose rules are kept together."""
_ALL = Verdict(verbs=frozenset(VERBS), is_visible=True)
_USUAL = Verdict(verbs=frozenset(VERBS) - ADMIN_VERBS, is_visible=True)


class Judge(Protocol):
    """Decisions for one principal."""

    def at(self, place: Place) -> Verdict: ...

    def tasks_with(self, verb: Verb, workspace: str, paths: Mapping[str, str]) -> frozenset[str]: ...

    def because(self, verb: Verb, place: Place) -> tuple[str | None, str]: ...


@attrs.frozen
class FixedJudge:
    """The same decision at all places."""

    verdict: Verdict
    reason: str

    def at(self, place: Place) -> Verdict:
        return self.verdict

    def tasks_with(self, verb: Verb, workspace: str, paths: Mapping[str, str]) -> frozenset[str]:
        return frozenset(paths if verb in self.verdict.verbs else ())

    def because(self, verb: Verb, place: Place) -> tuple[str | None, str]:
        return None, self.reason


@attrs.frozen
class KeyJudge:
    """Decisions for an API key: those for its owner, narrowed by its scope."""

    owner: Judge
    key: KeyScope

    def at(self, place: Place) -> Verdict:
        covered = self._covered(place)
        if covered is Fit.NONE or (covered is Fit.PART and place.is_gone):
            return NOTHING
        found = self.owner.at(place)
        verbs = found.verbs & verbs_of(self.key.verbs or ("*",))
        if covered is Fit.PART:
            verbs &= {"workspace.read"}
        return Verdict(verbs=verbs, is_visible=bool(verbs) or (covered is Fit.PART and found.is_visible))

    def tasks_with(self, verb: Verb, workspace: str, paths: Mapping[str, str]) -> frozenset[str]:
        if verb not in verbs_of(self.key.verbs or ("*",)) or not any_matches(self.key.workspaces or ("*",), workspace):
            return frozenset()
        tasks = self.key.tasks or ("*",)
        return self.owner.tasks_with(
            verb, workspace, {n: path for n, path in paths.items() if any_matches(tasks, path)}
        )

    def because(self, verb: Verb, place: Place) -> tuple[str | None, str]:
        if verb in self.owner.at(place).verbs and verb not in self.at(place).verbs:
            return None, f"{self.key.title} does not reach {verb} at {place}"
        return self.owner.because(verb, place)

    def _covered(self, place: Place) -> Fit:
        return fit(self.key.workspaces or ("*",), self.key.tasks or ("*",), place)


OPEN = FixedJudge(_ALL, "without sign-in everybody may do everything")
ADMIN = FixedJudge(_ALL, "an administrator may do everything")
SIGNED_IN = FixedJudge(_USUAL, "without rules whoever signed in may do everything but what administrators do")
OF_STEP = FixedJudge(Verdict(verbs=STEP_VERBS, is_visible=True), "the token of the step has this verb")
STRANGER = FixedJudge(NOTHING, "nobody has signed in")


class Rights:
    """Decisions for all principals, by the settings of a server and the rules of the workspace that they name."""

    def __init__(self, settings: ServerSettings, of_workspace: WorkspaceRules | None = None) -> None:
        self.is_open = settings.sign_in is None
        self._policy = _policy(settings, of_workspace)
        self.has_rules = self._policy is not None and not self.is_open
        self.judge = functools.lru_cache(maxsize=_PRINCIPALS)(self._judge)

    def decide(self, principal: Principal, verb: Verb, place: Place) -> Decision:
        """Whether a principal may do something at a place."""
        judge = self.judge(principal)
        verdict = judge.at(place)
        rule, reason = judge.because(verb, place)
        return Decision(is_allowed=verb in verdict.verbs, is_visible=verdict.is_visible, rule=rule, reason=reason)

    def _judge(self, principal: Principal) -> Judge:
        """The decisions for a principal."""
        if self.is_open:
            return OPEN
        if principal.kind == "anonymous":
            return STRANGER
        owner: Judge = SIGNED_IN
        if principal.kind == "step":
            owner = OF_STEP
        elif principal.is_admin:
            owner = ADMIN
        elif self._policy is not None:
            owner = self._policy.of(_subjects(principal))
        return owner if principal.key is None else KeyJudge(owner, principal.key)


def _policy(settings: ServerSettings, of_workspace: WorkspaceRules | None) -> Rules | Acl | None:
    if settings.acl is not None:
        return Acl(settings.acl)
    if settings.rules is None and settings.rules_from is None:
        return None
    return Rules(settings.rules or (), settings.roles, of_workspace)


def _subjects(principal: Principal) -> Iterator[tuple[str, str]]:
    yield "everyone", ""
    name = principal.name.lower() if principal.kind == "user" else principal.name
    yield principal.kind, name
    for group in principal.groups:
        yield "group", group
