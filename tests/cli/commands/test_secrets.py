"""`stroem secrets` against a Strøm that is up."""

import json
from collections.abc import Callable

import pytest
from click.testing import Result

pytestmark = pytest.mark.xdist_group("up")

Run = Callable[..., Result]
VALUE = "the-value-of-a-secret"


def test_a_secret_is_read_from_the_standard_input(stroem: Run) -> None:
    result = stroem("secrets", "set", "DB_PASSWORD", stdin=f"{VALUE}\n")
    assert (result.exit_code, result.stdout) == (0, "DB_PASSWORD is set, version 1.\n")
    listed = stroem("secrets", "list")
    assert "DB_PASSWORD" in listed.stdout
    [item] = json.loads(stroem("secrets", "list", "--json").stdout)["items"]
    assert item["version"] == 1
    rotated = stroem("secrets", "rotate")
    assert rotated.stdout == f"0 secrets and 0 inputs encrypted with key {item['key_id']}.\n"
    assert json.loads(stroem("secrets", "rotate", "--json").stdout)["failed"] == 0
    removed = stroem("secrets", "remove", "DB_PASSWORD")
    assert removed.stdout == "DB_PASSWORD is removed.\n"
    assert stroem("secrets", "list").stdout == "No secrets.\n"
    assert stroem("secrets", "remove", "DB_PASSWORD").exit_code != 0
    assert VALUE not in result.output + listed.output + rotated.output + removed.output


def test_a_value_is_no_argument(stroem: Run) -> None:
    assert stroem("secrets", "set", "DB_PASSWORD", VALUE, stdin="").exit_code == 2
    assert stroem("secrets", "set", "DB_PASSWORD", stdin="").exit_code != 0
