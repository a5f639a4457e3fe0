"""Re-runs take values that are masked from the input of their source."""

import pytest

from stroem.definitions.connection import ConnectionProperty
from stroem.definitions.field import InputField
from stroem.definitions.values import Json
from stroem.engine.plan import TaskPlan
from stroem.redaction.redactor import MARKER
from stroem.redaction.reused_input import reused_input

PLAN = TaskPlan(
    task="t",
    nodes=(),
    actions={},
    input={"pin": InputField(secret=True), "db": InputField(type="pg"), "name": InputField()},
    connection_types={"pg": {"host": ConnectionProperty(), "password": ConnectionProperty(secret=True)}},
)
SOURCE: dict[str, Json] = {"pin": "1234", "db": {"host": "a", "password": "hunter22"}, "name": "Ada"}


@pytest.mark.parametrize(
    ("given", "reused"),
    [
        ({"pin": MARKER, "db": MARKER}, {"pin": "1234", "db": {"host": "a", "password": "hunter22"}}),
        ({"pin": "9"}, {"pin": "9"}),
        ({"db": {"host": "b", "password": MARKER}}, {"db": {"host": "b", "password": "hunter22"}}),
        ({"db": {"host": MARKER, "other": MARKER}}, {"db": {"host": "a"}}),
        ({"db": "main"}, {"db": "main"}),
        ({"name": MARKER, "more": MARKER}, {"name": MARKER, "more": MARKER}),
    ],
)
def test_the_marker_stands_for_the_value_of_the_source(given: dict[str, Json], reused: dict[str, Json]) -> None:
    assert reused_input(PLAN, given, SOURCE) == reused


def test_what_the_source_does_not_have_is_left_out() -> None:
    assert reused_input(PLAN, {"pin": MARKER, "db": {"password": MARKER}}, {"db": "main"}) == {"db": {}}
