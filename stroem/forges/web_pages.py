"""Web pages of commits and files at git hosts."""

import re
import urllib.parse
from typing import Literal

from stroem.forges.git_hosts import canonical_host

HostKind = Literal["github", "gitlab", "gitea", "bitbucket"]

_KNOWN: dict[str, HostKind] = {
    "github.com": "github",
    "gitlab.com": "gitlab",
    "codeberg.org": "gitea",
    "bitbucket.org": "bitbucket",
}
_WORDS: dict[str, HostKind] = {"github": "github", "gitlab": "gitlab", "gitea": "gitea", "forgejo": "gitea"}
_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


def host_kind(host: str) -> HostKind | None:
    """The kind of a git host: a known one, or one with the kind in its name (`gitlab.example.org`)."""
    name = canonical_host(host)
    return _KNOWN.get(name) or next((_WORDS[label] for label in re.split(r"[.-]", name) if label in _WORDS), None)


def repository_page(scheme: str, place: str, path: str) -> str | None:
    """The page of a repository by the parts of its address; None for a host of no known kind.

    `place` is the host with its port. Addresses of ssh have their pages at https.
    """
    host, _, port = place.partition(":")
    if scheme not in ("http", "https", "ssh") or host_kind(host) is None:
        return None
    web = scheme if scheme == "http" else "https"
    at = f":{port}" if port and scheme != "ssh" else ""
    return f"{web}://{canonical_host(host)}{at}/{_quoted(path.strip('/').removesuffix('.git'))}"


def revision_page(repository: str, revision: str, path: str | None = None, line: int | None = None) -> str | None:
    """The page of a commit, or of a file in it at a line; None for a revision that is no full commit."""
    kind = host_kind(urllib.parse.urlsplit(repository).hostname or "")
    if kind is None or not _COMMIT.fullmatch(revision):
        return None
    inner = "/-" if kind == "gitlab" else ""
    if path is None:
        return f"{repository}{inner}/{'commits' if kind == 'bitbucket' else 'commit'}/{revision}"
    word = {"github": "blob", "gitlab": "blob", "gitea": "src/commit", "bitbucket": "src"}[kind]
    mark = "" if line is None else f"#lines-{line}" if kind == "bitbucket" else f"#L{line}"
    return f"{repository}{inner}/{word}/{revision}/{_quoted(path)}{mark}"


def _quoted(path: str) -> str:
    return urllib.parse.quote(path, safe="/~@")
