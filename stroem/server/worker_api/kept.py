"""The answer of requests that ask for nothing."""

from typing import Literal

import attrs


@attrs.frozen(kw_only=True)
class Kept:
    """What was sent is kept."""

    status: Literal["ok"] = "ok"
