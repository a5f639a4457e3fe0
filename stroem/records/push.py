"""Pushes, as git hosts announce them."""

import attrs


@attrs.frozen(kw_only=True)
class Push:
    """A moved ref in a repository.

    `urls` are all addresses of the repository that the host names (https, ssh, web); `ref` is the full name
    (`refs/heads/main`), None when unknown; `commit` is its new commit, None when the ref was deleted
    or the commit is unknown; `by` names the person.
    """

    urls: tuple[str, ...]
    ref: str | None = None
    commit: str | None = None
    by: str | None = None
