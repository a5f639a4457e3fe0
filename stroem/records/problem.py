"""A mistake in what somebody wrote."""

from typing import Literal

import attrs


@attrs.frozen(kw_only=True)
class Problem:
    """One mistake: where (`file`, 1-based `line` and `column`), what, and what to do.

    `code` is stable (`unknown-key`, `unknown-action`, `cycle`, …); `path` is the way to the value
    (`tasks.deploy.flow.build.action`); `hint` says what was expected or names the nearest right name.
    """

    code: str
    message: str
    file: str
    line: int = 1
    column: int = 1
    path: str = ""
    hint: str | None = None
    severity: Literal["error", "warning"] = "error"
