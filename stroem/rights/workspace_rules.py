"""Roles and rules of a workspace."""

from collections.abc import Mapping

import attrs

from stroem.definitions.workflow_folder import RULES_FILE
from stroem.records.problem import Problem
from stroem.settings.rights import RoleSettings, RuleSettings


@attrs.frozen(kw_only=True)
class RulesFile:
    """The content of the file, whose bytes have this `digest`. `lines` are those at which the rules begin.

    A file with problems has neither roles nor rules.
    """

    digest: str = ""
    roles: Mapping[str, RoleSettings] = attrs.Factory(dict)
    rules: tuple[RuleSettings, ...] = ()
    lines: tuple[int, ...] = ()
    problems: tuple[Problem, ...] = ()


@attrs.frozen(kw_only=True)
class WorkspaceRules:
    """The rules of a workspace's current release; `error` is the reason for which they are not in effect."""

    workspace: str
    release: int | None = None
    file: RulesFile | None = None
    error: str | None = None

    @property
    def content(self) -> RulesFile:
        """The roles and rules that are in effect."""
        return RulesFile() if self.file is None or self.error is not None else self.file

    def place_of(self, index: int) -> str:
        """The place of a rule: workspace, file and line, its index, and the release."""
        line = self.content.lines[index]
        return f"{self.workspace}/{RULES_FILE}:{line} (rules[{index}] of release {self.release})"
