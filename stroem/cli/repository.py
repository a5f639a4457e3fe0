"""The git repository that a folder is in, asked through the program git."""

import os
import shutil
import subprocess
from pathlib import Path

import attrs

from stroem.cli.failure import Failure

_OF_ANOTHER = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_COMMON_DIR")


@attrs.frozen(kw_only=True)
class Repository:
    """A repository with a working tree at `root`."""

    root: Path

    @property
    def storage(self) -> Path:
        """The folder in which all commits are, whichever working tree this is."""
        return (self.root / self._git("rev-parse", "--git-common-dir")).resolve()

    def inner(self, folder: Path) -> str:
        """The path of a folder from the root; empty for the root itself."""
        path = folder.resolve().relative_to(self.root.resolve()).as_posix()
        return "" if path == "." else path

    def commit(self, name: str) -> str:
        """The commit that a name stands for: a branch, a tag, `HEAD~2`, … Raises `Failure`."""
        found = self._try("rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
        if found is None:
            raise Failure(
                f"There is no commit {name!r} in {self.root}. If it is one of the remote, fetch it first: "
                "git fetch origin; in a shallow clone: git fetch --unshallow"
            )
        return found

    def head(self) -> str | None:
        """The commit that is checked out; None in a repository without commits."""
        return self._try("rev-parse", "--verify", "--quiet", "HEAD^{commit}")

    def merge_base(self, one: str, other: str) -> str:
        """The last commit that two have in common. Raises `Failure`."""
        found = self._try("merge-base", one, other)
        if found is None:
            raise Failure(
                f"{one[:12]} and {other[:12]} have no commit in common here. In a shallow clone: git fetch --unshallow"
            )
        return found

    def has_folder(self, commit: str, inner: str) -> bool:
        """Whether a commit has a folder."""
        return self._try("cat-file", "-e", f"{commit}:{inner}/" if inner else f"{commit}^{{tree}}") is not None

    def committable(self, folder: Path) -> frozenset[str]:
        """The files of a folder that are committed or that `git add` would take: none that .gitignore names."""
        listed = self._git("ls-files", "-z", "--cached", "--others", "--exclude-standard", at=folder)
        return frozenset(listed.split("\0")) - {""}

    def _try(self, *arguments: str) -> str | None:
        done = self._run(arguments, self.root)
        return done.stdout.strip() if done.returncode == 0 else None

    def _git(self, *arguments: str, at: Path | None = None) -> str:
        done = self._run(arguments, at or self.root)
        if done.returncode:
            raise Failure(f"git {arguments[0]} failed in {self.root}: {done.stderr.strip()}")
        return done.stdout.removesuffix("\n")

    def _run(self, arguments: tuple[str, ...], at: Path) -> subprocess.CompletedProcess[str]:
        environment = {name: value for name, value in os.environ.items() if name not in _OF_ANOTHER}
        return subprocess.run(  # noqa: S603 (no shell; names of commits stand behind --end-of-options or --verify)
            ["git", "-C", str(at), *arguments],  # noqa: S607 (the user's own git)
            check=False,
            capture_output=True,
            encoding="utf-8",
            errors="surrogateescape",
            env=environment,
        )


def repository_of(folder: Path) -> Repository | None:
    """The repository that a folder is in. Raises `Failure` when there is one and no program git to ask."""
    for each in (folder.resolve(), *folder.resolve().parents):
        if (each / ".git").exists():
            if shutil.which("git") is None:
                raise Failure(f"{each} is a git repository. Install the program git, which looks into it")
            repository = Repository(root=each)
            repository.storage  # noqa: B018 (git says here what is wrong with the repository)
            return repository
    return None
