"""Which commit a name means at a remote."""

import difflib
import re
from collections.abc import Iterable, Mapping

import attrs

from stroem_git.errors import Failure

FULL_COMMIT = re.compile(r"[0-9a-f]{40}")
NOT_IN_REFS = re.compile(r"[\x00-\x20\x7f~^:?*\[\\]|\.\.|@\{|//|^[-/.]|/$|\.lock$|\.$")
_MOST_REF_BYTES = 250
_NOT_IN_PARTS = re.compile(r"^\.|\.lock$|[\ud800-\udfff]")
_SHOWN = 60
_SHORT_COMMIT = re.compile(r"[0-9a-f]{7,39}")
_BRANCHES, _TAGS = "refs/heads/", "refs/tags/"
_PEELED = "^{}"
_ALIKE = 3


class Moved(Exception):
    """Failed download, perhaps of a ref that changed after it was listed: worth one more try.

    `failure` says what is wrong if that fails too.
    """

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure)
        self.failure = failure


@attrs.frozen(kw_only=True)
class Found:
    """A commit, the full name of the ref that leads to it, and whether that is a branch, a tag or the commit itself.
    `tag` is the object of an annotated tag.
    """

    commit: str
    name: str
    kind: str
    tag: str | None = None


def mistake_in(ref: str) -> str | None:
    """The fault in a name of a branch, tag or commit, by the rules of `git check-ref-format`."""
    if len(ref.encode(errors="replace")) > _MOST_REF_BYTES:
        return f"{ref[:_SHOWN]!r}… is longer than {_MOST_REF_BYTES} bytes: no branch, tag or commit is called so"
    parts = ref.split("/")
    if not ref or NOT_IN_REFS.search(ref) or ref == "@" or any(_NOT_IN_PARTS.search(part) for part in parts):
        return f"{ref!r} cannot be the name of a branch, tag or commit"
    return None


def kind_of(ref: str) -> str:
    """`commit`, `tag` or `branch` where the name alone decides it; otherwise empty."""
    if FULL_COMMIT.fullmatch(ref):
        return "commit"
    return "tag" if ref.startswith(_TAGS) else "branch" if ref.startswith(_BRANCHES) else ""


def candidates(ref: str) -> tuple[str, ...]:
    """The full names for a short ref, in order of precedence."""
    return (ref,) if ref == "HEAD" or ref.startswith("refs/") else (_BRANCHES + ref, _TAGS + ref)


def resolve(ref: str, heads: Mapping[str, str], place: str) -> Found:
    """Resolves a ref among the refs of a remote. Raises `Failure` with similar names."""
    if FULL_COMMIT.fullmatch(ref):
        names = (name.removesuffix(_PEELED) for name, commit in heads.items() if commit == ref)
        leading = next((name for name in names if not NOT_IN_REFS.search(name)), ref)
        return Found(commit=ref, name=leading, kind="commit")
    for name in candidates(ref):
        if name in heads:
            tag = heads[name] if name + _PEELED in heads else None
            commit = heads.get(name + _PEELED, heads[name])
            return Found(commit=commit, name=name, kind="tag" if name.startswith(_TAGS) else "branch", tag=tag)
    raise unknown(ref, heads, place)


def unknown_commit(commit: str, place: str) -> Failure:
    """The failure for a commit that the remote lacks or refuses."""
    return Failure(
        f"{place} has no commit {commit}, or hands over only commits that a branch or tag leads to. "
        "Push it, or name a branch or a tag that has it",
        "ref_unknown",
    )


def unknown(ref: str, heads: Iterable[str], place: str) -> Failure:
    """The failure of a ref that the remote does not have."""
    names = [_short(name) for name in heads if name != "HEAD" and not name.endswith(_PEELED)]
    if not names:
        return Failure(
            f"{place} is empty: it has no branches, so there is no {ref!r}. Push something to it", "ref_unknown"
        )
    if _SHORT_COMMIT.fullmatch(ref):
        return Failure(
            f"{place} has no branch or tag {ref!r}. If a commit is meant, write all 40 digits of it", "ref_unknown"
        )
    alike = difflib.get_close_matches(_short(ref), names[:10_000], n=_ALIKE, cutoff=0.65) or names[:_ALIKE]
    which = "Alike are" if len(alike) > 1 else "Alike is"
    listed = ", ".join(map(repr, alike))
    return Failure(f"{place} has no branch, tag or commit {ref!r}. {which} {listed}", "ref_unknown")


def _short(name: str) -> str:
    return name.removeprefix(_BRANCHES).removeprefix(_TAGS)
