"""What a git host says when somebody has pushed."""

import attrs


@attrs.frozen(kw_only=True)
class Push:
    """One ref that moved in a repository.

    `urls` are all addresses of the repository that the host names (https, ssh, web); `ref` is the full name
    (`refs/heads/main`), None when the host does not say; `commit` is where it stands now, None when it was deleted
    or is not said; `by` names who pushed.
    """

    urls: tuple[str, ...]
    ref: str | None = None
    commit: str | None = None
    by: str | None = None
