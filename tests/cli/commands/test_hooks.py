"""`stroem hooks` against a Strøm that is up."""

import json
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from tests.support.wait import eventually_blocking

pytestmark = pytest.mark.xdist_group("up")

Run = Callable[..., Result]


def posted(address: str, body: Any) -> Any:
    """The answer to a request to the webhook; None while it is not there."""
    data, headers = json.dumps(body).encode(), {"Content-Type": "application/json"}
    try:
        with urllib.request.urlopen(urllib.request.Request(f"{address}/hooks/in", data, headers)) as answer:
            return json.load(answer)
    except urllib.error.HTTPError:
        return None


def test_requests_are_listed_delivered_again_and_tried(stroem: Run, running: Any, tmp_path: Path) -> None:
    first = eventually_blocking(lambda: posted(running.address, {"name": "Ada"}), "the webhook is there")
    listed = stroem("hooks", "deliveries", "inbox").stdout.splitlines()
    assert listed[0].split() == ["ID", "AT", "FROM", "METHOD", "VERDICT", "KEY", "JOB", "REASON"]
    assert first["job_id"] in listed[1]
    number = listed[1].split()[0]
    shown = stroem("hooks", "show", number).stdout
    assert 'body              {"name": "Ada"}' in shown
    assert "answer            200" in shown
    assert json.loads(stroem("hooks", "show", number, "--json").stdout)["request"]["body"] == {"name": "Ada"}
    assert stroem("hooks", "redeliver", number).stdout.startswith("Job ")
    again = json.loads(stroem("hooks", "deliveries", "inbox", "--json").stdout)["items"][0]
    assert (again["verdict"], again["redelivery_of"]) == ("started", int(number))
    assert json.loads(stroem("hooks", "redeliver", number, "--json").stdout)["verdict"] == "started"
    payload = tmp_path / "payload.json"
    payload.write_text('{"name": "Eve"}')
    shown = stroem("hooks", "test", "inbox", "--payload", str(payload), "--query", "a=b").stdout
    assert 'input name        "Eve"' in shown
    assert 'input query       {"a": "b"}' in shown
    tried = json.loads(stroem("hooks", "test", "inbox", "--payload", "-", "--json", stdin="{}").stdout)
    assert tried["verdict"] == "failed"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("deliveries", "nothing"), "not found"),
        (("show", "999999"), "not found"),
        (("redeliver", "999999"), "not found"),
        (("test", "inbox", "--header", "x"), "NAME:VALUE"),
        (("test", "inbox", "--query", "x"), "NAME=VALUE"),
    ],
)
def test_mistakes_are_told(stroem: Run, arguments: tuple[str, ...], words: str) -> None:
    done = stroem("hooks", *arguments)
    assert done.exit_code != 0
    assert words in done.stderr
