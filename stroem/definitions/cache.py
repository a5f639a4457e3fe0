"""Cache of the results of steps."""

import attrs

WEEK_SECS = 7 * 24 * 3600


@attrs.frozen(kw_only=True)
class Cache:
    """Reuse of the result of an earlier step of the same key, for `ttl` seconds.

    The key is all that a worker would get of the step, the template `key`, and the release files that match `files`.
    """

    key: str = ""
    ttl: int = WEEK_SECS
    files: tuple[str, ...] = ()
