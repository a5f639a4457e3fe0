"""The library `http`, used by jobs, against a server."""

import json
from typing import Any

import pytest

from tests.libraries.conftest import SECRET, Outside, Use

pytestmark = pytest.mark.xdist_group("libraries")


def test_a_check_that_passes(use: Use, outside: Outside) -> None:
    job = use(
        "http/check", url=f"{outside.http.url}/health?deep=1", contains="fin", matches="f.ne$", max_latency_ms=60000
    )
    assert job.status == "completed", job.log
    assert {**job.output, "latency_ms": 0} == {
        "status": 200,
        "latency_ms": 0,
        "url": f"{outside.http.url}/health?deep=1",
        "tls_days": None,
        "attempts": 1,
    }
    assert outside.http.requests[0][:2] == ("GET", "/health?deep=1")


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"status": "201,300-399"}, "it answered 200, not 201,300-399"),
        ({"contains": "good"}, "does not hold what `contains` says"),
        ({"matches": "^g"}, "matches what `matches` says"),
        ({"matches": "("}, "is no regular expression"),
        ({"min_tls_days": 1}, "it has no certificate"),
        ({"status": "ok"}, "write it like 200"),
        ({"attempts": 0}, "from 1 to 20"),
        ({"headers": "nonsense"}, "not like `Name: value`"),
    ],
)
def test_a_check_that_fails(use: Use, outside: Outside, given: dict[str, Any], words: str) -> None:
    job = use("http/check", url=outside.http.url, **given)
    assert job.status == "failed"
    assert words in job.error


def test_a_check_may_wait_until_all_is_well(use: Use, outside: Outside) -> None:
    outside.http.answers += [(503, {}, ""), (200, {}, "starting"), (200, {}, "ready")]
    job = use("http/check", url=outside.http.url, contains="ready", attempts=5, pause_secs=0)
    assert job.output["attempts"] == 3
    assert "attempt 1 of 5: it answered 503" in job.log


def test_nobody_answers(use: Use) -> None:
    job = use("http/check", url="http://127.0.0.1:1/x?key=private")
    assert "Connection refused" in job.error
    assert "private" not in job.error


def test_a_certificate_must_last(use: Use, outside: Outside) -> None:
    job = use("http/check", url=outside.http.tls_url, auth="bearer", min_tls_days=5)
    assert job.output["tls_days"] == 9
    job = use("http/check", url=outside.http.tls_url, auth="bearer", min_tls_days=30)
    assert "its certificate ends in 9 days, less than 30" in job.error


def test_a_certificate_must_be_of_somebody_known(use: Use, outside: Outside) -> None:
    assert "its certificate is not good" in use("http/check", url=outside.http.tls_url).error


def test_credentials_do_not_follow_a_redirect_elsewhere(use: Use, outside: Outside) -> None:
    outside.http.answers += [(302, {"Location": "/here"}, ""), (301, {"Location": f"{outside.http.tls_url}/there"}, "")]
    job = use("http/check", url=outside.http.url, auth="bearer")
    assert job.output["url"] == f"{outside.http.tls_url}/there"
    sent = [headers.get("Authorization") for _, _, headers, _ in outside.http.requests]
    assert sent == [f"Bearer {SECRET}", f"Bearer {SECRET}", None]


def test_redirects_end(use: Use, outside: Outside) -> None:
    outside.http.answers += [(302, {"Location": "/again"}, "")] * 20
    assert "more than 5 redirects" in use("http/check", url=outside.http.url).error
    job = use("http/check", url=outside.http.url, follow=False, status="302")
    assert job.output["status"] == 302


def test_a_request(use: Use, outside: Outside) -> None:
    outside.http.answers += [(201, {"Content-Type": "application/json", "X-Id": "7"}, '{"id": 7}')]
    job = use(
        "http/request",
        url=f"{outside.http.url}/things",
        method="POST",
        headers="Content-Type: application/json\nX-One: 1",
        body='{"name": "é"}',
        auth="basic",
    )
    assert job.status == "completed", job.log
    assert (job.output["json"], job.output["headers"]["x-id"], job.output["status"]) == ({"id": 7}, "7", 201)
    ((method, path, headers, body),) = outside.http.requests
    assert (method, path, json.loads(body)) == ("POST", "/things", {"name": "é"})
    assert headers["X-One"] == "1"
    assert headers["Authorization"].startswith("Basic ")
    assert SECRET not in job.log


def test_a_header_of_its_own_for_credentials(use: Use, outside: Outside) -> None:
    use("http/request", url=outside.http.url, auth="header")
    assert outside.http.requests[0][2]["X-Key"] == SECRET


def test_an_answer_that_is_not_right_is_shown(use: Use, outside: Outside) -> None:
    outside.http.answers += [(422, {}, "name is\n missing")]
    job = use("http/request", url=outside.http.url, method="PUT")
    assert "it answered 422, not 200-299: name is missing" in job.error


def test_an_answer_that_is_too_large(use: Use, outside: Outside) -> None:
    outside.http.answers += [(200, {}, "x" * 300_000)]
    assert "more than 256 KiB" in use("http/request", url=outside.http.url).error


@pytest.mark.parametrize(
    "url", ["ftp://host/x", "host", "http://", "http://me:secret@127.0.0.1/", "http://127.0.0.1:x"]
)
def test_addresses_that_are_none(use: Use, url: str) -> None:
    job = use("http/request", url=url)
    assert job.status == "failed"
    assert "Traceback" not in job.error
    assert "secret" not in job.error
