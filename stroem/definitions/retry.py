"""Retries of failed steps and tasks."""

from typing import Literal

import attrs


@attrs.frozen(kw_only=True)
class Retry:
    """The number and the delays of retries, and the failures that are retried: all, unless `on` or `when` is set.

    `delay` and `max_delay` are in seconds. `on` lists kinds of errors, and exit codes and ranges of them as texts;
    `when` is an expression over the error. A failure must fit both.
    """

    max_attempts: int = 3
    delay: int = 30
    max_delay: int | None = None
    backoff: Literal["fixed", "exponential"] = "fixed"
    jitter: bool = False
    on: tuple[str, ...] = ()
    when: str | None = None
