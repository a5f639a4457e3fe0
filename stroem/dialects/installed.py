"""All dialects of a program."""

import hashlib
from collections.abc import Iterable, Mapping

import attrs

from stroem.definitions.library import LIBRARIES, WORKSPACE_FILES
from stroem.definitions.task import Task, dialect_of
from stroem.definitions.workflow_folder import RULES_FILE, WORKFLOW_FOLDER
from stroem.definitions.workspace import Definitions
from stroem.dialects.size_budget import Allowance, OverAllowance, crowded
from stroem.errors import NotRunnable, StroemError
from stroem.interfaces.dialect import Dialect, Flow
from stroem.interfaces.parsed_file import ParsedFile
from stroem.records.problem import Problem

MAX_DEPTH = 10
"""Most folders around a workflow file."""
_SOPS_SETTINGS = (".sops.yaml", ".sops.yml")


class InstalledDialects:
    """Dialects by name. `endings` are those of all their files, the longest first."""

    def __init__(self, dialects: Mapping[str, Dialect]) -> None:
        self._dialects = dialects
        self._by_ending = {ending: dialect for dialect in dialects.values() for ending in dialect.endings}
        self.endings = tuple(sorted(self._by_ending, key=len, reverse=True))

    def workflow_files(self, paths: Iterable[str]) -> list[str]:
        """The workflow files among all files of a workspace, sorted: those under `.workflows/`, or without such a
        folder all outside hidden folders and `_libraries/`, except the files of libraries and of rules; at most ten
        folders deep.
        """
        paths = [path for path in paths if path not in (*WORKSPACE_FILES, RULES_FILE)]
        inside = [path for path in paths if path.startswith(WORKFLOW_FOLDER)]
        return sorted(path for path in inside or paths if self._reads(path.removeprefix(WORKFLOW_FOLDER)))

    def parse(self, path: str, data: bytes, allowance: Allowance | None = None) -> ParsedFile:
        """The definitions of a workflow file, with all its mistakes. Never raises.

        The file is charged to `allowance`, the common bound of its workspace's files, if there is one.
        """
        dialect = next(self._by_ending[ending] for ending in self.endings if path.endswith(ending))
        try:
            parsed = dialect.parse(path, data)
        except Exception as error:  # a plugin may raise anything
            parsed = _failed(dialect, path, error)
        cost = attrs.evolve(parsed.cost, bytes=len(data))
        parsed = attrs.evolve(parsed, digest=hashlib.sha256(data).hexdigest(), cost=cost)
        try:
            (allowance or Allowance()).take(cost)
        except OverAllowance as error:
            return crowded(parsed, error)
        return parsed

    def flow(self, name: str, task: Task, definitions: Definitions) -> Flow:
        """The nodes of a task. Raises `NotRunnable`, also without its dialect."""
        wanted = dialect_of(task)
        if wanted not in self._dialects:
            raise NotRunnable(task=name, reason=f"no installed plugin brings the dialect {wanted!r}")
        try:
            return self._dialects[wanted].compile(name, task, definitions)
        except StroemError:
            raise
        except Exception as error:  # a plugin may raise anything
            reason = f"the dialect {wanted!r} failed to compile it: {type(error).__name__}: {error}"
            raise NotRunnable(task=name, reason=reason) from error

    def _reads(self, path: str) -> bool:
        if not path.endswith(self.endings):
            return False
        *folders, name = path.split("/")
        if name in _SOPS_SETTINGS or len(folders) >= MAX_DEPTH:
            return False
        return not any(folder.startswith(".") or folder == LIBRARIES for folder in folders)


def _failed(dialect: Dialect, path: str, error: Exception) -> ParsedFile:
    problem = Problem(
        code="dialect-failed",
        message=f"the dialect {dialect.name!r} failed to read this file: {type(error).__name__}: {error}",
        file=path,
        hint="report this to the author of the dialect's plugin",
    )
    return ParsedFile(path=path, definitions=None, problems=(problem,))
