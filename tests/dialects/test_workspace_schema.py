"""The schema of `.stroem.yaml` says what the parser says."""

import json

import jsonschema
import pytest

from stroem.dialects.workspace_file.file import parse_workspace_file
from stroem.dialects.workspace_file.schema import workspace_schema

GOOD = [
    {},
    {"libraries": {}},
    {"libraries": {"a": {"type": "git", "url": "https://host/a.git", "ref": "v1", "path": "x", "auth": "me"}}},
    {"libraries": {"a": {"type": "folder", "path": "libs/a", "poll_interval_secs": "5m"}}},
    {"libraries": {"a": {"type": "git", "url": "https://host/a.git", "ref": 1.5}}},
    {"libraries": {"a-1": {"type": "s3", "bucket": "x", "poll_interval_secs": 5}}},
]
BAD = [
    [],
    {"library": {}},
    {"libraries": {"a.b": {"type": "folder", "path": "x"}}},
    {"libraries": {"a": {"path": "x"}}},
    {"libraries": {"a": {"type": "git"}}},
    {"libraries": {"a": {"type": "git", "url": "x", "reff": "v1"}}},
    {"libraries": {"a": {"type": "git", "url": "x", "auth": {"token": "x"}}}},
    {"libraries": {"a": {"type": "s3", "auth": {"token": "x"}}}},
    {"libraries": {"a": {"type": "folder", "path": ["x"]}}},
    {"libraries": {"a": {"type": "folder", "path": "x", "poll_interval_secs": 0}}},
]


@pytest.mark.parametrize(("document", "is_good"), [*((each, True) for each in GOOD), *((each, False) for each in BAD)])
def test_schema_and_parser_agree(document: object, is_good: bool) -> None:
    validator = jsonschema.Draft202012Validator(workspace_schema())
    validator.check_schema(workspace_schema())
    assert validator.is_valid(document) is is_good
    problems = parse_workspace_file(".stroem.yaml", json.dumps(document).encode()).problems
    assert (not problems) is is_good
