"""Git repositories of benchmarks, and pushes into them."""

import subprocess
from collections.abc import Mapping
from pathlib import Path

import attrs

_WHO = ("-c", "user.name=bench", "-c", "user.email=bench@example.org", "-c", "commit.gpgsign=false")


@attrs.frozen
class Repository:
    """A bare repository, and a checkout from which it is pushed to."""

    bare: Path
    checkout: Path

    @property
    def url(self) -> str:
        """The address that a workspace follows."""
        return self.bare.as_uri()

    def push(self, files: Mapping[str, str]) -> str:
        """Commits files under `.workflows` and pushes them; the new commit."""
        for name, text in files.items():
            path = self.checkout / ".workflows" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        _git(self.checkout, "add", "--all")
        _git(self.checkout, *_WHO, "commit", "--quiet", "--message", "a change")
        _git(self.checkout, "push", "--quiet", "origin", "main")
        return _git(self.checkout, "rev-parse", "HEAD")


def make_repository(folder: Path, files: Mapping[str, str]) -> Repository:
    """A repository with one commit of files under `.workflows`."""
    bare, checkout = folder / "bare.git", folder / "checkout"
    folder.mkdir(parents=True)
    _git(folder, "init", "--quiet", "--bare", "--initial-branch=main", str(bare))
    _git(folder, "init", "--quiet", "--initial-branch=main", str(checkout))
    _git(checkout, "remote", "add", "origin", str(bare))
    repository = Repository(bare, checkout)
    repository.push(files)
    return repository


def ls_remote(url: str) -> None:
    """What asking a repository for one branch costs with git alone."""
    subprocess.run(["git", "ls-remote", url, "refs/heads/main"], check=True, capture_output=True)


def _git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout.strip()
