"""What happens after a failed attempt."""

from typing import Literal

import attrs


@attrs.frozen(kw_only=True)
class Retry:
    """How often and when a failed step or task is tried again. `delay` is in seconds."""

    max_attempts: int = 3
    delay: int = 30
    backoff: Literal["fixed", "exponential"] = "fixed"
    jitter: bool = False
