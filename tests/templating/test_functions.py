"""What templates can call."""

from datetime import UTC, datetime, timedelta

import pytest

from stroem.errors import TemplateFailed
from stroem.templating.template import render


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ("range(end=5)", [0, 1, 2, 3, 4]),
        ("range(start=1, end=5)", [1, 2, 3, 4]),
        ("range(end=10, step_by=2)", [0, 2, 4, 6, 8]),
        ("range(3)", [0, 1, 2]),
        ("range(1, 3)", [1, 2]),
        ("range(5, 0, -2)", [5, 3, 1]),
        ("range(start=3, end=3)", []),
        ("get_random(start=7, end=8)", 7),
        ("get_random(end=1)", 0),
    ],
)
def test_call(call: str, expected: object) -> None:
    assert render(f"{{{{ {call} }}}}", {}) == expected


def test_now_is_this_moment() -> None:
    for call in ("now()", "now(utc=true)"):
        moment = datetime.fromisoformat(str(render(f"{{{{ {call} }}}}", {})))
        assert abs(datetime.now(UTC) - moment) < timedelta(minutes=1)
    assert str(render("{{ now(utc=true) }}", {})).endswith("+00:00")
    seconds = render("{{ now(timestamp=true) }}", {})
    assert isinstance(seconds, int)
    assert abs(datetime.now(UTC).timestamp() - seconds) < 60


@pytest.mark.parametrize(
    ("call", "reason"),
    [
        ("range()", "`end` is needed"),
        ("range(end=5, step_by=0)", "`step_by` cannot be 0"),
        ("range(end=100001)", "more than 100,000 numbers"),
        ("range(end=10000000000000000000)", "more than 100,000 numbers"),
        ("range(end='x')", "`end` must be a number, not a text"),
        ("range(1, 2, 3, 4)", "`end` is needed"),
        ("get_random(end=0)", "`start` must be below `end`"),
        ("throw(message='no luck')", "failed at line 1: no luck."),
    ],
)
def test_what_a_function_cannot_do(call: str, reason: str) -> None:
    with pytest.raises(TemplateFailed) as caught:
        render(f"{{{{ {call} }}}}", {})
    assert reason in str(caught.value)
