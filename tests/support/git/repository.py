"""Bare repositories for tests, written by git itself."""

import os
import shutil
import subprocess
import time
from collections.abc import Iterable, Mapping
from pathlib import Path

import attrs

ENVIRONMENT = {
    "PATH": os.environ["PATH"],
    "HOME": "/nonexistent",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_AUTHOR_NAME": "Ada Lovelace",
    "GIT_AUTHOR_EMAIL": "ada@example.org",
    "GIT_COMMITTER_NAME": "Ada Lovelace",
    "GIT_COMMITTER_EMAIL": "ada@example.org",
}


@attrs.frozen
class Entry:
    """A file of a commit: its bytes and its mode in git (`100755`, `120000`, `160000`)."""

    data: bytes
    mode: str = "100644"


Content = bytes | Entry | None


@attrs.frozen
class GitRepository:
    """A bare repository in `folder`."""

    folder: Path

    @classmethod
    def create(cls, folder: Path) -> "GitRepository":
        """A repository without any commit."""
        subprocess.run(["git", "init", "-q", "--bare", "-b", "main", folder], check=True, env=ENVIRONMENT)
        return cls(folder)

    def git(self, *arguments: str | Path, given: bytes | None = None) -> str:
        """Runs git; returns its output."""
        command = ["git", f"--git-dir={self.folder}", *arguments]
        done = subprocess.run(command, check=True, env=ENVIRONMENT, capture_output=True, input=given)
        return done.stdout.decode(errors="replace").strip()

    def commit(
        self, files: Mapping[str, Content], message: str = "A change", *, branch: str = "main", anew: bool = False
    ) -> str:
        """Commits changed files to a branch; returns the commit. None removes a file; `anew` drops the history."""
        if anew and self.tip(branch):
            self.git("update-ref", "-d", f"refs/heads/{branch}")
        return self.history([(message, files)], branch=branch)

    def history(
        self,
        commits: Iterable[tuple[str, Mapping[str, Content]]],
        *,
        branch: str = "main",
        by: str = "Ada Lovelace <ada@example.org>",
        at: float | None = None,
    ) -> str:
        """Adds commits to a branch, each with its message and changed files; returns the last.

        `at` is their time in seconds since 1970, without it now.
        """
        moment = f"{int(time.time() if at is None else at)} +0000"
        stream = []
        parent = self.tip(branch)
        for message, files in commits:
            text = message.encode()
            head = f"commit refs/heads/{branch}\ncommitter {by} {moment}\ndata {len(text)}\n"
            stream += [head.encode(), text, b"\n"]
            if parent:
                stream.append(f"from {parent}\n".encode())
            parent = ""
            stream += [_change(path, content) for path, content in files.items()]
        options = ["-c", "core.compression=0", "-c", "fastimport.unpackLimit=100"]
        command = [*options, "fast-import", "--quiet", "--force", "--date-format=raw"]
        self.git(*command, given=b"".join(stream))
        return self.tip(branch)

    def publish(self, folder: Path, branch: str = "main") -> str:
        """Commits all files of a folder, even without a change."""
        work = f"--work-tree={folder}"
        self.git("symbolic-ref", "HEAD", f"refs/heads/{branch}")
        self.git(work, "add", "--all", "--force", ".")
        self.git(work, "commit", "-q", "--allow-empty", "-m", "Published")
        return self.tip(branch)

    def tip(self, branch: str = "main") -> str:
        """The commit of a branch, empty when there is none."""
        command = ["git", f"--git-dir={self.folder}", "rev-parse", "-q", "--verify", f"refs/heads/{branch}"]
        return subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True).stdout.strip()

    def tag(self, name: str, commit: str, message: str | None = None) -> None:
        """Sets or moves a tag, an annotated one when there is a message."""
        annotated = ["-a", "-m", message] if message else []
        self.git("tag", "-f", *annotated, name, commit)

    def remove(self) -> None:
        """Deletes the repository."""
        shutil.rmtree(self.folder)


def _change(path: str, content: Content) -> bytes:
    quoted = path.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    if content is None:
        return f'D "{quoted}"\n'.encode()
    entry = content if isinstance(content, Entry) else Entry(content)
    if entry.mode == "160000":
        return f'M 160000 {entry.data.decode()} "{quoted}"\n'.encode()
    return f'M {entry.mode} inline "{quoted}"\ndata {len(entry.data)}\n'.encode() + entry.data + b"\n"
