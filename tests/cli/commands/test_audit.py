"""`stroem audit` against a Strøm that is up."""

import json
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from tests.cli.conftest import Program

pytestmark = pytest.mark.xdist_group("up")

Run = Callable[..., Result]


def test_what_people_did_is_listed(stroem: Run) -> None:
    assert stroem("trigger", "hello", "name=Ada").exit_code == 0
    (row,) = json.loads(stroem("audit", "list", "--verb", "job.run", "--limit", "1", "--json").stdout)["items"]
    assert (row["actor"], row["outcome"], row["object"]) == ("anonymous", "ok", "hello")
    text = stroem("audit", "list", "-w", "default").stdout
    assert "default/hello" in text
    releases = stroem("audit", "list", "-w", "default", "--verb", "release.activate").stdout
    assert "release.activate" in releases
    assert stroem("audit", "list", "--actor", "nobody").stdout == "No rows.\n"
    assert "job.run" not in stroem("audit", "list", "--until", "2020-01-01T00:00:00Z").stdout
    wrong = stroem("audit", "list", "--since", "yesterday")
    assert (wrong.exit_code, "since" in wrong.stderr) == (5, True)


def test_rows_are_paged_and_found_by_their_request(stroem: Run) -> None:
    for _ in range(3):
        assert stroem("trigger", "hello", "name=Ada").exit_code == 0
    wanted = ("--verb", "job.run", "--json")
    every = json.loads(stroem("audit", "list", *wanted, "--limit", "1000").stdout)
    assert list(every) == ["items"], "the number of all rows is not known, and there are no more"
    first = json.loads(stroem("audit", "list", *wanted, "--limit", "2").stdout)
    second = json.loads(stroem("audit", "list", *wanted, "--limit", "1", "--before", str(first["next"])).stdout)
    assert first["items"] + second["items"] == every["items"][:3]
    assert "There may be more; see --limit" in stroem("audit", "list", "--limit", "1").stderr
    row = every["items"][0]
    found = json.loads(stroem("audit", "list", "--request-id", row["request_id"], "--json").stdout)
    assert found == {"items": [row]}
    lines = stroem("audit", "export", "--request-id", row["request_id"]).stdout.splitlines()
    assert [json.loads(line)["id"] for line in lines] == [row["id"]]


def test_the_log_is_exported(stroem: Run, tmp_path: Path) -> None:
    file = tmp_path / "audit.jsonl"
    told = json.loads(stroem("audit", "export", "-o", str(file), "--json").stdout)
    rows = [json.loads(line) for line in file.read_text().splitlines()]
    assert told == {"file": str(file), "rows": len(rows)}
    assert [row["id"] for row in rows] == sorted(row["id"] for row in rows)
    assert all(len(row["hash"]) == 64 for row in rows)
    rest = stroem("audit", "export", "--after", str(rows[-2]["id"])).stdout.splitlines()
    assert json.loads(rest[0]) == rows[-1]
    nowhere = stroem("audit", "export", "-o", str(tmp_path / "no" / "folder"))
    assert (nowhere.exit_code, "cannot be written" in nowhere.stderr) == (5, True)


def test_the_log_is_verified(stroem: Run, running: Program) -> None:
    found = json.loads(stroem("audit", "verify", "--json").stdout)
    assert (found["ok"], found["rows"], found["unsealed"]) == (True, found["head"]["count"], 0)
    result = stroem("audit", "verify")
    assert result.exit_code == 0
    assert "each as it was recorded" in result.stdout
    with urllib.request.urlopen(f"{running.address}/api/audit/verify") as answer:
        assert len(answer.headers["X-Request-Id"]) == 32
