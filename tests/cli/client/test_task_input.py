"""The input of a job on the command line."""

import click
import pytest

from stroem.cli.client.task_input import given_input, split_pairs, typed_pairs

FIELDS = {
    "name": {"type": "string"},
    "count": {"type": "integer"},
    "ratio": {"type": "number"},
    "loud": {"type": "boolean"},
    "hosts": {"type": "string", "multiple": True},
    "db": {"type": "postgres"},
}

PLAIN_JSON = '{"name": 1.10, "hosts": ["0755"], "ratio": 1.10, "other": 1.10}'


@pytest.mark.parametrize(
    ("pair", "value"),
    [
        ("name=1.10", "1.10"),
        ("name=a=b", "a=b"),
        ("name=", ""),
        ("count=3", 3),
        ("count=three", "three"),  # the server says what is wrong with it
        ("ratio=2.5", 2.5),
        ("ratio=abc", "abc"),
        ("ratio=[1]", "[1]"),
        ("loud=yes", True),
        ("loud=false", False),
        ("hosts=a", ["a"]),
        ('hosts=["a", "b"]', ["a", "b"]),
        ("db=main", "main"),
        ('db={"host": "h"}', {"host": "h"}),
        ("unknown=5", "5"),
    ],
)
def test_a_value_becomes_what_the_field_is(pair: str, value: object) -> None:
    key = pair.partition("=")[0]
    assert typed_pairs(split_pairs([pair]), FIELDS) == {key: value}


def test_a_key_of_a_list_comes_several_times() -> None:
    assert typed_pairs(split_pairs(["hosts=a", "hosts=b"]), FIELDS) == {"hosts": ["a", "b"]}


def test_a_key_of_one_value_comes_once() -> None:
    with pytest.raises(click.UsageError, match="count is given 2 times"):
        typed_pairs(split_pairs(["count=1", "count=2"]), FIELDS)


def test_what_is_no_pair_is_refused() -> None:
    with pytest.raises(click.UsageError, match="KEY=VALUE"):
        split_pairs(["Ada"])


def test_input_overlays_the_file(tmp_path) -> None:
    file = tmp_path / "input.yaml"
    file.write_text("name: Ada\nswitch: on\nmore: [1, 2]\n")
    given = given_input(str(file), '{"name": "Grace"}')
    assert given.typed({}) == {"name": "Grace", "switch": "on", "more": [1, 2]}


@pytest.mark.parametrize("file", ["{name: 1.10, hosts: [0755, 1e3, x], ratio: 1.10, other: 1.10}", PLAIN_JSON])
def test_a_field_of_text_takes_what_a_file_says_as_it_is_written(tmp_path, file: str) -> None:
    (tmp_path / "input").write_text(file)
    fields = {**FIELDS, "db": {"type": "string"}}
    typed = given_input(str(tmp_path / "input"), '{"db": 1.10}').typed(fields)
    assert (typed["name"], typed["hosts"][0], typed["ratio"], typed["other"]) == ("1.10", "0755", 1.1, 1.1)
    assert typed["db"] == 1.1


@pytest.mark.parametrize(("file", "text"), [(None, "[1]"), (None, "{"), ("missing.yaml", None), ("list.yaml", None)])
def test_what_is_no_object_is_refused(tmp_path, file: str | None, text: str | None) -> None:
    (tmp_path / "list.yaml").write_text("- 1\n")
    with pytest.raises(click.UsageError):
        given_input(str(tmp_path / file) if file else None, text)
