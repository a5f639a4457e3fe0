"""Workflow files in YAML: which they are, and what one of them says."""

import contextlib
import gc
import hashlib
from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath

from stroem.definitions.problem import Problem
from stroem.definitions.workspace import Definitions
from stroem.dialects.document import ParsedFile
from stroem.dialects.mistake import Mistake, Path, path_text
from stroem.dialects.nearest import Suggester
from stroem.dialects.placing import place
from stroem.dialects.salvage import salvage_names
from stroem.dialects.workflow import convert_workflow
from stroem.dialects.yaml_reader import Flaw, Reading, Unreadable, compose, text_of

FOLDER = ".workflows/"
MAX_DEPTH = 10
_ENDINGS = (".yaml", ".yml")
_ENCRYPTED_ENDINGS = (".sops.yaml", ".sops.yml")


def workflow_files(paths: Iterable[str]) -> list[str]:
    """The workflow files among all files of a workspace, sorted: those under `.workflows/`, or without such a
    folder all YAML files outside hidden folders and `_libraries/`; at most ten folders deep.
    """
    paths = list(paths)
    inside = [path for path in paths if path.startswith(FOLDER)]
    return sorted(path for path in inside or paths if _is_yaml(path.removeprefix(FOLDER)))


def parse(path: str, data: bytes) -> ParsedFile:
    """What a file defines, with all its mistakes. Never raises, whatever the bytes."""
    digest = hashlib.sha256(data).hexdigest()
    if path.endswith(_ENCRYPTED_ENDINGS):
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
            return _parse_yaml(path, digest, data)
    except Unreadable as error:
        problem = Problem(
            code=error.code, message=error.message, file=path, line=error.line, column=error.column, hint=error.hint
        )
        return ParsedFile(path=path, digest=digest, definitions=None, problems=(problem,), broken=salvage_names(data))


def _parse_yaml(path: str, digest: str, data: bytes) -> ParsedFile:
    root = compose(text_of(data))
    reading = Reading()
    document = None if root is None else reading.value(root, ())
    mistakes: list[Mistake] = []
    definitions = convert_workflow(document, _folder(path), mistakes)
    problems = [_flaw_problem(path, flaw) for flaw in reading.flaws]
    if mistakes:
        suggester = Suggester()
        problems += [placed.hinted(suggester, {}) for placed in place(path, data, mistakes)]
    return ParsedFile(
        path=path,
        digest=digest,
        definitions=definitions,
        problems=tuple(sorted(problems, key=lambda problem: (problem.line, problem.column))),
        broken=_broken([*(mistake.path for mistake in mistakes), *(flaw.path for flaw in reading.flaws)]),
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


def _flaw_problem(file: str, flaw: Flaw) -> Problem:
    return Problem(
        code=flaw.code,
        message=flaw.message,
        file=file,
        line=flaw.line,
        column=flaw.column,
        path=path_text(flaw.path),
        hint=flaw.hint,
    )


def _broken(paths: Iterable[Path]) -> frozenset[tuple[str, str]]:
    return frozenset((str(path[0]), str(path[1])) for path in paths if len(path) > 1)


def _is_yaml(path: str) -> bool:
    parts = PurePosixPath(path).parts
    folders, name = parts[:-1], parts[-1]
    if not name.endswith(_ENDINGS) or name in (".sops.yaml", ".sops.yml") or len(parts) > MAX_DEPTH:
        return False
    return not any(folder.startswith(".") or folder == "_libraries" for folder in folders)


def _folder(path: str) -> str | None:
    return path.removeprefix(FOLDER).rpartition("/")[0] or None
