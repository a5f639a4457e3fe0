"""Retries of failed steps and tasks."""

from typing import Literal

import attrs


@attrs.frozen(kw_only=True)
class Retry:
    """The number and the delays of retries. `delay` is in seconds."""

    max_attempts: int = 3
    delay: int = 30
    backoff: Literal["fixed", "exponential"] = "fixed"
    jitter: bool = False
