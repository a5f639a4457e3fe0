"""What all sinks have in common that show statuses, against a host that answers as it likes."""

import asyncio
import ssl
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path
from typing import ClassVar

import attrs
import cattrs
import orjson
import pytest

from stroem.conversion.structure import field_errors, make_converter
from stroem.forges import http_client
from stroem.forges.commit_status import CommitStatus
from stroem.forges.commit_status_sink import CommitStatusSink, StatusRequest
from stroem.interfaces.event_sink import DeliveryFailed, DeliveryRefused
from stroem.testing.event_sink_conformance import CLOSED_URL, COMMIT, make_event
from stroem.testing.recording_server import Received, RecordingServer, Reply, never, recording_server

TOKEN = "not-to-be-seen"


@attrs.define(kw_only=True, slots=False, eq=False)
class BoardSink(CommitStatusSink):
    """A host with an API as simple as can be."""

    name: ClassVar[str] = "board"
    description_length: ClassVar[int] = 50
    token_help: ClassVar[str] = "ask Ada for one"

    def api_of(self, host: str) -> str:
        return f"https://{host}/api"

    def request(self, status: CommitStatus) -> StatusRequest:
        return StatusRequest(
            path=f"{status.repository}/{status.commit}",
            headers={"X-Token": self.token},
            body={"state": status.state, "context": status.context, **status.common_fields},
        )


@attrs.define
class Host:
    """Answers what it is told to."""

    reply: Reply = attrs.Factory(lambda: Reply(status=201))

    def answer(self, _: Received) -> Reply:
        return self.reply


@pytest.fixture
def host() -> Host:
    return Host()


@pytest.fixture
async def server(host: Host) -> AsyncIterator[RecordingServer]:
    async with recording_server(host.answer) as server:
        yield server


@pytest.fixture
async def sink(server: RecordingServer) -> AsyncIterator[BoardSink]:
    sink = make(server.url)
    yield sink
    await sink.close()


def make(url: str, **options: object) -> BoardSink:
    given = {"token": TOKEN, "host": "git.example.com", "api_url": f"{url}/api", "allow_http": True, **options}
    return BoardSink(**given)  # type: ignore[arg-type]


async def test_a_status_is_told(sink: BoardSink, server: RecordingServer) -> None:
    await sink.deliver(make_event())
    (request,) = server.received
    assert (request.method, request.path) == ("POST", f"/api/acme/flows/{COMMIT}")
    assert request.headers["x-token"] == TOKEN
    assert request.headers["content-type"] == "application/json"
    assert orjson.loads(request.body) == {
        "state": "success",
        "context": "stroem/production",
        "description": "Release 12 is current at 3f786850e387: 1 added",
    }


@pytest.mark.parametrize(
    ("reply", "message"),
    [
        (Reply(status=500), "^git.example.com answers 500$"),
        (Reply(status=503, body={"message": "maintenance"}), "503: maintenance"),
        (Reply(status=429, headers={"retry-after": "60"}), "429, asks to wait 60 seconds$"),
        (Reply(status=429, headers={"retry-after": "Fri, 31 Jan 2026 12:00:00 GMT"}), "429$"),
        (Reply(status=408), "408"),
        (Reply(status=409), "409"),
        (Reply(status=403, headers={"retry-after": "5"}), "403, asks to wait 5 seconds"),
        (Reply(status=403, headers={"x-ratelimit-remaining": "0"}), "403"),
    ],
)
async def test_what_may_go_better_later(sink: BoardSink, host: Host, reply: Reply, message: str) -> None:
    host.reply = reply
    with pytest.raises(DeliveryFailed, match=message):
        await sink.deliver(make_event())


@pytest.mark.parametrize(
    ("reply", "message"),
    [
        (Reply(status=401, body={"message": "who?"}), "401: who\\?; the token is wrong or has expired: ask Ada"),
        (Reply(status=403), "403; the token may not do this: ask Ada"),
        (Reply(status=404), "no repository acme/flows or commit 3f786850e387, or the token may not see them: ask Ada"),
        (Reply(status=422, body={"error": {"state": ["bad"]}}), '422: {"state":\\["bad"\\]}; it does not take'),
        (Reply(status=400, body="x" * 100_000), "400; it does not take the status of acme/flows at 3f786850e387"),
        (Reply(status=302, headers={"location": "/elsewhere"}), "302; acme/flows has moved: set `repository`"),
    ],
)
async def test_what_never_will(sink: BoardSink, host: Host, reply: Reply, message: str) -> None:
    host.reply = reply
    with pytest.raises(DeliveryRefused, match=message):
        await sink.deliver(make_event())


async def test_redirects_are_not_followed(host: Host, sink: BoardSink, server: RecordingServer) -> None:
    host.reply = Reply(status=307, headers={"location": "/api/elsewhere"})
    with pytest.raises(DeliveryRefused):
        await sink.deliver(make_event())
    assert len(server.received) == 1


async def test_a_host_that_repeats_the_token_does_not_spread_it(host: Host, sink: BoardSink) -> None:
    host.reply = Reply(status=401, body={"message": f"bad token {TOKEN}\n" + "x" * 10_000})
    with pytest.raises(DeliveryRefused) as caught:
        await sink.deliver(make_event())
    assert TOKEN not in str(caught.value)
    assert "bad token ***" in str(caught.value)
    assert len(str(caught.value)) < 500


async def test_a_host_that_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_client, "TIMEOUT_SECS", 0.05)
    async with recording_server(never) as server:
        sink = make(server.url)
        with pytest.raises(DeliveryFailed, match="did not answer within"):
            await sink.deliver(make_event())
        await sink.close()


async def test_a_host_that_is_not_there() -> None:
    sink = make(CLOSED_URL)
    with pytest.raises(DeliveryFailed, match=r"127\.0\.0\.1 cannot be reached"):
        await sink.deliver(make_event())
    await sink.close()


async def test_authorities_that_are_not_there(tmp_path: Path, server: RecordingServer) -> None:
    (tmp_path / "empty.pem").touch()
    for file in ("missing.pem", "empty.pem"):
        sink = make(server.url, ca_bundle=tmp_path / file)
        with pytest.raises(DeliveryFailed, match=f"ca_bundle .*{file} cannot be read"):
            await sink.deliver(make_event())
        await sink.close()


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate of 127.0.0.1 that is its own authority, with its key."""
    made = tmp_path / "host.pem"
    subprocess.run(
        (
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=test"),
            *("-addext", "subjectAltName=IP:127.0.0.1", "-keyout", made, "-out", tmp_path / "public.pem"),
        ),
        check=True,
        capture_output=True,
    )
    with made.open("ab") as file:
        file.write((tmp_path / "public.pem").read_bytes())
    return made


async def test_certificates_are_checked(host: Host, certificate: Path) -> None:
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(certificate)
    async with recording_server(host.answer, tls) as server:
        trusting = make(server.url, ca_bundle=certificate.with_name("public.pem"), allow_http=False)
        await trusting.deliver(make_event())
        await trusting.close()
        distrusting = make(server.url, allow_http=False)
        with pytest.raises(DeliveryFailed, match=r"certificate of .* is not trusted; name its authorities"):
            await distrusting.deliver(make_event())
        await distrusting.close()
    assert len(server.received) == 1


async def test_a_late_event_does_not_hide_a_newer_one(sink: BoardSink, server: RecordingServer) -> None:
    await sink.deliver(make_event("released", id=8))
    await sink.deliver(make_event("fetched", id=7))
    await sink.deliver(make_event("fetched", id=7, workspace="other"))
    assert [orjson.loads(request.body)["context"] for request in server.received] == [
        "stroem/production",
        "stroem/other",
    ]


async def test_a_newer_one_that_failed_hides_nothing(host: Host, sink: BoardSink, server: RecordingServer) -> None:
    host.reply = Reply(status=500)
    with pytest.raises(DeliveryFailed):
        await sink.deliver(make_event("released", id=8))
    host.reply = Reply(status=201)
    await sink.deliver(make_event("fetched", id=7))
    assert len(server.received) == 2


async def test_after_closing_it_can_be_used_again(sink: BoardSink, server: RecordingServer) -> None:
    await asyncio.gather(*(sink.deliver(make_event(id=number, workspace=f"w{number}")) for number in range(10)))
    await sink.close()
    await sink.deliver(make_event())
    assert len(server.received) == 11


def test_only_of_workspaces_that_are_there_it_wants_to_hear() -> None:
    sink = BoardSink(token=TOKEN, host="Git.Example.com:8443")
    assert sink.wants(make_event())
    assert sink.wants(make_event(origin="git@git.example.com:acme/flows"))
    assert not sink.wants(make_event(origin="https://git.example.com.evil.org/acme/flows"))
    assert not sink.wants(make_event(origin="/srv/flows"))
    assert not sink.wants(make_event(origin=None))
    assert not sink.wants(make_event("pushed"))


async def test_with_a_repository_it_does_not_matter_where_the_source_is(server: RecordingServer) -> None:
    sink = make(server.url, repository="/acme/mirror/")
    event = make_event(origin="/srv/flows")
    assert sink.wants(event)
    await sink.deliver(event)
    await sink.close()
    assert server.received[0].path == f"/api/acme/mirror/{COMMIT}"


async def test_an_event_of_another_host_is_refused(sink: BoardSink, server: RecordingServer) -> None:
    with pytest.raises(DeliveryRefused, match=r"not at git\.example\.com: set `repository`"):
        await sink.deliver(make_event(origin="https://elsewhere.org/acme/flows"))
    assert server.received == []


@pytest.mark.parametrize(
    ("options", "field", "message"),
    [
        ({}, "token", "is required"),
        ({"token": ""}, "token", "is empty"),
        ({"token": "a\nb"}, "token", "is empty, or has signs"),
        ({"token": "t"}, "host", "is required, unless api_url"),
        ({"token": "t", "host": "a b"}, "host", "is not an address"),
        ({"token": "t", "host": ""}, "host", "is not an address"),
        ({"token": "t", "host": "h", "repository": "flows"}, "repository", "is not a path like acme/flows"),
        ({"token": "t", "api_url": "http://h/api"}, "api_url", "begins with http://"),
        ({"token": "t", "api_url": "ftp://h/api"}, "api_url", "is not an address"),
        ({"token": "t", "api_url": "https://ada:x@h/api"}, "api_url", "without a login"),
        ({"token": "t", "api_url": "https://h:x/api"}, "api_url", "is not an address"),
        ({"token": "t", "host": "h", "link": "{job}"}, "link", "unknown placeholder"),
        ({"token": "t", "host": "h", "context": "{"}, "context", "brace"),
    ],
)
def test_wrong_options_are_told_beside_their_name(options: dict[str, str], field: str, message: str) -> None:
    with pytest.raises(cattrs.ClassValidationError) as caught:
        make_converter(unknown_keys=False).structure(options, BoardSink)
    (found,) = field_errors(caught.value)
    assert found.field == field
    assert message in found.message


def test_the_options_are_those_that_the_readme_tells() -> None:
    names = [field.name for field in attrs.fields(BoardSink)]
    assert names == ["token", "host", "api_url", "repository", "context", "link", "ca_bundle", "allow_http"]
