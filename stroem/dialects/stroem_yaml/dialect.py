"""Workflow files in YAML: selection and parsing."""

import contextlib
import gc
import hashlib
from collections.abc import Iterable, Iterator

from stroem.conversion.mistake import Mistakes
from stroem.conversion.problem_places import flaw_problem, place, unreadable_problem
from stroem.conversion.suggestions import Suggester
from stroem.conversion.yaml import Unreadable, read_yaml
from stroem.definitions.library import LIBRARIES, WORKSPACE_FILES
from stroem.definitions.values import Path
from stroem.definitions.workflow_folder import WORKFLOW_FOLDER, inferred_folder
from stroem.definitions.workspace import Definitions
from stroem.dialects.foreign_keys import foreign_hint
from stroem.dialects.parsed_file import ENCRYPTED_ENDINGS, Cost, ParsedFile
from stroem.dialects.recovered_names import salvage_names
from stroem.dialects.size_budget import Allowance, OverAllowance
from stroem.dialects.stroem_yaml.given_scalars import given_scalars
from stroem.dialects.stroem_yaml.workflow import convert_workflow
from stroem.records.problem import Problem

MAX_DEPTH = 10
_ENDINGS = (".yaml", ".yml")


def workflow_files(paths: Iterable[str]) -> list[str]:
    """The workflow files among all files of a workspace, sorted: those under `.workflows/`, or without such a
    folder all YAML files outside hidden folders and `_libraries/`, except the file that names the libraries; at most
    ten folders deep.
    """
    paths = [path for path in paths if path not in WORKSPACE_FILES]
    inside = [path for path in paths if path.startswith(WORKFLOW_FOLDER)]
    return sorted(path for path in inside or paths if _is_yaml(path.removeprefix(WORKFLOW_FOLDER)))


def parse(path: str, data: bytes, allowance: Allowance | None = None) -> ParsedFile:
    """The definitions of a file, with all its mistakes. Never raises, for any bytes.

    The file is charged to `allowance`, the common bound of its workspace's files, if there is one.
    """
    digest = hashlib.sha256(data).hexdigest()
    if path.endswith(ENCRYPTED_ENDINGS):
        problem = Problem(
            code="encrypted-file",
            message="encrypted files are not read",
            file=path,
            hint="declare secrets in a file that is not encrypted",
            severity="warning",
        )
        return ParsedFile(path=path, digest=digest, definitions=Definitions(), problems=(problem,))
    try:
        with _paused_collector():
            return _parse_yaml(path, digest, data, allowance or Allowance())
    except Unreadable as error:
        return ParsedFile(
            path=path,
            digest=digest,
            definitions=None,
            problems=(unreadable_problem(path, error),),
            broken=salvage_names(data),
            crowded=isinstance(error, OverAllowance),
        )


def _parse_yaml(path: str, digest: str, data: bytes, allowance: Allowance) -> ParsedFile:
    document = read_yaml(data)
    cost = Cost(bytes=len(data), values=document.count, repeated=document.repeated)
    allowance.take(cost)
    mistakes = Mistakes(document.scalars, foreign_hint)
    definitions = convert_workflow(document.value, inferred_folder(path), mistakes)
    problems = [flaw_problem(path, flaw) for flaw in document.flaws]
    if mistakes:
        suggester = Suggester()
        problems += [placed.hinted(suggester, {}) for placed in place(path, data, mistakes)]
    return ParsedFile(
        path=path,
        digest=digest,
        definitions=definitions,
        problems=tuple(sorted(problems, key=lambda problem: (problem.line, problem.column))),
        broken=_broken([*(one.path for one in mistakes if one.severity == "error"), *(f.path for f in document.flaws)]),
        cost=cost,
        scalars=given_scalars(document.scalars),
    )


@contextlib.contextmanager
def _paused_collector() -> Iterator[None]:
    """Parsing makes many objects and no cycles: looking for cycles meanwhile would cost a third of the time."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _broken(paths: Iterable[Path]) -> frozenset[tuple[str, str]]:
    return frozenset((str(path[0]), str(path[1])) for path in paths if len(path) > 1)


def _is_yaml(path: str) -> bool:
    if not path.endswith(_ENDINGS):
        return False
    *folders, name = path.split("/")
    if name in (".sops.yaml", ".sops.yml") or len(folders) >= MAX_DEPTH:
        return False
    return not any(folder.startswith(".") or folder == LIBRARIES for folder in folders)
