"""Names of connections become their values."""

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stroem.definitions.connection import Connection, ConnectionProperty
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


@pytest.mark.parametrize("value", ["none", 5, None, ["main"]])
def test_anything_else_is_refused_with_the_names_there_are(value: Json) -> None:
    assert mistakes("postgres", value) == {
        "input.db": "must be the name of a connection of type 'postgres', or its values; of that type: main"
    }


def test_a_slip_is_answered_with_the_name_that_was_meant_and_not_repeated() -> None:
    (message,) = mistakes("postgres", "mian").values()
    assert message.endswith("did you mean 'main'?")
    assert "mian" not in message


def test_a_connection_of_another_type_is_refused_with_both_types() -> None:
    (message,) = mistakes("postgres", "other").values()
    assert message == "is a connection of type 'mysql', not 'postgres'; of that type: main"


def test_a_type_without_connections_says_so() -> None:
    with pytest.raises(InvalidInput, match="there is none"):
        resolve("none", "main")


TYPED = attrs.evolve(
    PLAN,
    connections={
        "main": Connection(type="api", values={"url": "https://a", "port": "{{ secret.port }}"}),
        "bare": Connection(type="api", values={"port": "", "url": None}),
    },
    connection_types={
        "api": {
            "url": ConnectionProperty(required=True),
            "port": ConnectionProperty(type="integer"),
            "token": ConnectionProperty(secret=True, default="{{ secret.password }}"),
        }
    },
    secrets={"password": "hunter22", "port": "no number, a secret"},
)


def test_a_default_may_read_a_secret() -> None:
    assert resolve_connection("api", {"url": "u"}, TYPED, {"secret": TYPED.secrets}, Budget()) == {
        "url": "u",
        "token": "hunter22",
    }


def test_properties_that_are_missing_or_of_another_type_are_all_told_without_their_values() -> None:
    assert mistakes("api", {"port": "x", "extra": 1}, TYPED) == {
        "input.db.url": "is required (string)",
        "input.db.port": "must be a whole number within 64 bits",
    }
    assert mistakes("api", "bare", TYPED) == {"input.db.url": "is required (string)"}
    assert mistakes("api", "main", TYPED) == {"input.db.port": "must be a whole number within 64 bits"}


def mistakes(kind: str, value: Json, plan: TaskPlan = PLAN) -> dict[str, str]:
    with pytest.raises(InvalidInput) as raised:
        resolve_connection(kind, value, plan, {"secret": plan.secrets}, Budget(), "input.db")
    return {error.field: error.message for error in raised.value.fields}
