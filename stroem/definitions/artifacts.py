"""Artifacts: files that steps leave."""

import attrs


@attrs.frozen(kw_only=True)
class Artifacts:
    """Globs of files in the working directory of a step, kept as artifacts, for `keep` seconds if that is set."""

    paths: tuple[str, ...] = ()
    keep: int | None = None
