"""The pace of a worker."""

import pytest

from stroem.worker.steps.pace import RECENT_SECS, SHORT_SECS, Pace


@pytest.mark.parametrize(
    ("durations", "is_short"),
    [
        ([], False),
        ([0.01, 0.01], False),
        ([0.01, 0.01, 0.01], True),
        ([2 * SHORT_SECS, 0.01, 0.01, 0.01], True),
        ([0.01, 0.01, 0.01, 2 * SHORT_SECS], False),
    ],
)
def test_many_short_steps_in_a_row_are_a_pace(durations: list[float], is_short: bool) -> None:
    pace = Pace(lambda: 0.0, many=3)
    for secs in durations:
        pace.add(secs)
    assert pace.is_short is is_short


def test_a_pace_is_forgotten_when_nothing_ends() -> None:
    now = [0.0]
    pace = Pace(lambda: now[0], many=1)
    pace.add(0.01)
    assert pace.is_short
    now[0] = 2 * RECENT_SECS
    assert not pace.is_short
    pace.add(0.01)
    assert pace.is_short
    pace.reset()
    assert not pace.is_short
