"""Names of connections become their values."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stroem.definitions.values import Json
from stroem.engine.plan import TaskPlan
from stroem.engine.values.connections import resolve_connection
from stroem.errors import InvalidInput
from stroem.templating.budget import Budget
from tests.engine.plans import CONNECTION_TYPES, CONNECTIONS, SECRETS

PLAN = TaskPlan(
    task="t", nodes=(), actions={}, secrets=SECRETS, connections=CONNECTIONS, connection_types=CONNECTION_TYPES
)


def resolve(kind: str, value: Json) -> Json:
    return resolve_connection(kind, value, PLAN, {"secret": SECRETS, "input": {"x": "y"}}, Budget(), "input.db")


def test_a_name_becomes_rendered_values_with_defaults() -> None:
    assert resolve("postgres", "main") == {"host": "db", "password": "hunter22", "port": 5432}


@given(st.dictionaries(st.sampled_from(["host", "port", "extra"]), st.integers() | st.text()))
def test_written_values_stay_and_are_completed(values: dict[str, Json]) -> None:
    assert resolve("postgres", values) == {"port": 5432, **values}


@pytest.mark.parametrize("value", ["other", "none", 5, None, ["main"]])
def test_anything_else_is_refused_with_the_names_there_are(value: Json) -> None:
    with pytest.raises(InvalidInput) as raised:
        resolve("postgres", value)
    (field,) = raised.value.fields
    assert field.field == "input.db"
    assert field.message == "expected the name of a connection of type 'postgres': main"


def test_a_type_without_connections_says_so() -> None:
    with pytest.raises(InvalidInput, match="there is none"):
        resolve("none", "main")
