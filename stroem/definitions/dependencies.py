"""Packages that are installed for a script."""

import re
from pathlib import PurePosixPath

import attrs

from stroem.definitions.action import Action

_WITH_NODE_MODULES = ("javascript", "typescript")

_PART = r"[A-Za-z0-9][A-Za-z0-9._~-]*"
_PACKAGE = re.compile(rf"(?:@{_PART}/)?{_PART}(?:@[A-Za-z0-9^~<>=*][A-Za-z0-9.^~<>=*+ _-]*)?")
_ARCHIVE = re.compile(r"\.(?:tgz|tar|tar\.gz)$", re.IGNORECASE)
"""The ends by which npm takes a name or a version for a file."""


@attrs.frozen
class Refusal:
    """Why the dependencies of a script are not installed, and what to do instead."""

    reason: str
    hint: str

    def __str__(self) -> str:
        return f"{self.reason}: {self.hint}."


def has_node_modules(action: Action) -> bool:
    """Whether the packages of the script are those of npm."""
    return action.language in _WITH_NODE_MODULES


def refused_dependencies(action: Action) -> Refusal | None:
    """None when the dependencies of a script, if it has any, can be installed where the installers are."""
    if not action.dependencies or action.language == "python":
        return None
    if not has_node_modules(action):
        return Refusal(
            f"`dependencies` are for scripts in python, javascript and typescript, not in {action.language or 'shell'}",
            "a script in go takes its packages from the `go.mod` beside its `source`"
            if action.language == "go"
            else "set `language`, or use an image that has what the script needs",
        )
    if action.source is not None:
        return Refusal(
            f"`dependencies` of {action.language} are for inline scripts only, not for a `source`",
            "write the text as `script`, or use an image that has the packages",
        )
    if PurePosixPath(action.interpreter or "").name == "deno":
        return Refusal("deno takes no `dependencies`", 'import packages in the script: `import x from "npm:NAME"`')
    return next((_not_a_package(one) for one in action.dependencies if not _is_package(one)), None)


def _is_package(dependency: str) -> bool:
    return _PACKAGE.fullmatch(dependency) is not None and _ARCHIVE.search(dependency) is None


def _not_a_package(dependency: str) -> Refusal:
    return Refusal(
        f"{dependency!r} is not a package of a registry",
        "write name and version, like left-pad@^1.3 or @scope/name@2.0.1; no options, files, addresses or git",
    )
