"""Git repositories of the workspaces, with commits of several people."""

import time
from pathlib import Path

import attrs

from tests.support.git.repository import GitRepository
from tests.ui.scene import generated
from tests.ui.scene.people import EARLIER, LATEST, NAMES, author

FOLDER = Path(__file__).parent / "workspaces"
WRITTEN = tuple(sorted(folder.name for folder in FOLDER.iterdir()))
"""Workspaces whose files are written by hand; the small scene has only these."""
_HOUR = 3600


@attrs.frozen
class Repository:
    """The repository of a workspace, at its first commit. `content` are the files of the second one."""

    workspace: str
    git: GitRepository
    content: dict[str, bytes]

    @property
    def url(self) -> str:
        """Its address."""
        return self.git.folder.as_uri()

    def advance(self) -> str:
        """Makes the second commit; returns it."""
        _, by, message, age = LATEST[self.workspace]
        changed = {path: self.content[path] for path in _described(self.content)}
        return self.git.history([(message, changed)], by=author(by), at=time.time() - age * _HOUR)

    def push(self, path: str, old: str, new: str, message: str, by: str) -> str:
        """Commits a change of a text in a file; returns the commit."""
        text = self.content[path].decode()
        assert old in text, f"{path} of {self.workspace} has no {old!r}"
        return self.git.history([(message, {path: text.replace(old, new).encode()})], by=author(by))


def make(folder: Path, workspace: str, *, steps: int) -> Repository:
    """A repository with its first commit. `steps` is the size of the largest task."""
    git = GitRepository.create(folder / f"{workspace}.git")
    content = files(workspace)
    if workspace == "flows":
        content[".workflows/examples/wide.yaml"] = generated.wide(steps)
    number = list(LATEST).index(workspace)
    first = content | {
        path: content[path].replace(b"description: ", b"description: Formerly. ", 1) for path in _described(content)
    }
    at = time.time() - LATEST[workspace][3] * 2 * _HOUR
    git.history([(EARLIER[number % len(EARLIER)], first)], by=author(NAMES[number % len(NAMES)]), at=at)
    return Repository(workspace, git, content)


def _described(content: dict[str, bytes]) -> list[str]:
    """The files that the second commit changes."""
    return sorted(path for path, data in content.items() if b"    description: " in data)[:2]


def files(workspace: str) -> dict[str, bytes]:
    """The files of a workspace by path."""
    if workspace not in WRITTEN:
        return generated.files(workspace)
    root = FOLDER / workspace
    return {str(path.relative_to(root)): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}
