"""The set of workspaces, where it lives in files of its own: one file per workspace."""

import logging
from collections.abc import Callable, Collection, Mapping, Sequence

import attrs

from stroem.conversion.mistake import Mistake, invalid_value
from stroem.conversion.problem_places import flaw_problem, place, unreadable_problem
from stroem.conversion.structure import located
from stroem.conversion.yaml import Unreadable, read_yaml
from stroem.records.problem import Problem
from stroem.settings.loader import CONVERTER
from stroem.settings.server import WorkspaceSettings, name_problem

log = logging.getLogger(__name__)

MAX_WORKSPACES = 10_000
_ENDINGS = (".yaml", ".yml")

Check = Callable[[WorkspaceSettings], Sequence[Mistake]]


@attrs.frozen(kw_only=True)
class WorkspaceSet:
    """The workspaces of a set, and the problems in its files. A workspace with a wrong file stays as it was."""

    workspaces: Mapping[str, WorkspaceSettings] = attrs.Factory(dict)
    problems: tuple[Problem, ...] = ()


def is_set_file(path: str) -> bool:
    """Whether a file of the source defines a workspace: `NAME.yaml` at the top, not hidden."""
    return path.endswith(_ENDINGS) and "/" not in path and not path.startswith(".")


def read_workspace_set(
    files: Mapping[str, bytes],
    *,
    previous: Mapping[str, WorkspaceSettings] | None = None,
    taken: Collection[str] = (),
    check: Check | None = None,
) -> WorkspaceSet:
    """The workspaces defined by the files of a set, each named like its file. Never raises, whatever the bytes.

    `previous` is what they said before, `taken` the names that the server's own settings have, which go before these,
    and `check` tells what else is wrong with settings, like a type that no plugin brings.
    """
    workspaces: dict[str, WorkspaceSettings] = {}
    problems: list[Problem] = []
    owners: dict[str, str] = {}
    for path in sorted(filter(is_set_file, files)):
        name = path.rpartition(".")[0]
        if problem := _name_problem(path, name, owners, taken):
            problems.append(problem)
            continue
        owners[name] = path
        settings, found = _read(path, files[path], check)
        problems += found
        if settings is None:
            settings = (previous or {}).get(name)
        if settings is not None:
            workspaces[name] = settings
    return WorkspaceSet(workspaces=workspaces, problems=tuple(problems))


def _name_problem(path: str, name: str, owners: Mapping[str, str], taken: Collection[str]) -> Problem | None:
    """The problem with the name of a workspace's file, if any."""
    if (message := name_problem(name)) is not None:
        return Problem(code="invalid-name", message=f"{name!r} {message}", file=path, hint="rename the file")
    if name in taken:
        message = f"the server's own settings have a workspace {name!r}, which goes before this one"
        return Problem(code="duplicate-name", message=message, file=path, hint="remove one of them")
    if name in owners:
        message = f"workspace {name!r} is in {owners[name]} already"
        return Problem(code="duplicate-name", message=message, file=path, hint="remove one of the files")
    if len(owners) >= MAX_WORKSPACES:
        return Problem(code="out-of-range", message=f"a set has at most {MAX_WORKSPACES:,} workspaces", file=path)
    return None


def _read(path: str, data: bytes, check: Check | None) -> tuple[WorkspaceSettings | None, list[Problem]]:
    """The settings in a file, None when something is wrong with them, and all that is."""
    try:
        document = read_yaml(data)
    except Unreadable as error:
        return None, [unreadable_problem(path, error)]
    settings, mistakes = _structured({} if document.value is None else document.value)
    if settings is not None:
        mistakes += [*_credentials(settings), *(_checked(settings, check) if check else ())]
    if not mistakes and not document.flaws:
        return settings, []
    placed = place(path, data, [attrs.evolve(mistake, message=str(mistake)) for mistake in mistakes])
    problems = [*(flaw_problem(path, flaw) for flaw in document.flaws), *(one.problem for one in placed)]
    return None, sorted(problems, key=lambda problem: (problem.line, problem.column))


def _checked(settings: WorkspaceSettings, check: Check) -> Sequence[Mistake]:
    """The findings of `check`. A check that raises, such as a plugin's, concerns this workspace alone."""
    try:
        return check(settings)
    except Exception as error:
        log.exception("the settings of a workspace of the set could not be checked")
        return [invalid_value((), f"cannot be checked: {type(error).__name__} (see the server's log)")]


def _structured(document: object) -> tuple[WorkspaceSettings | None, list[Mistake]]:
    try:
        return CONVERTER.structure(document, WorkspaceSettings), []
    except Exception as error:  # all that it raises are mistakes in the document
        return None, list(located(error))


def _credentials(settings: WorkspaceSettings) -> list[Mistake]:
    """Mistakes for credentials in the file, where every reader of the set can see them."""
    if isinstance(settings.options.get("auth"), str | None):
        return []
    message = "must be the name of an entry of git_auth in the server's settings: credentials do not belong into a set"
    return [invalid_value(("auth",), message)]
