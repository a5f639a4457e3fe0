"""Commit statuses on Gitea: the published suite, and Gitea's API as it behaves."""

import re
from collections.abc import AsyncIterator

import orjson
import pytest

from stroem.errors import SettingsError
from stroem.testing.event_sink_conformance import COMMIT, HttpSinkConformance, make_event
from stroem.testing.recording_server import Received, RecordingServer, Reply, recording_server
from stroem_gitea.event_sink import GiteaSink

TOKEN = HttpSinkConformance.credential
PATH = re.compile(r"/git/api/v1/repos/acme/flows/statuses/([0-9a-f]{40})")


def gitea(request: Received) -> Reply:
    """Creates commit statuses in acme/flows."""
    if request.headers.get("authorization") != f"token {TOKEN}":
        return Reply(status=401, body={"message": "user does not exist [uid: 0, name: ]", "url": "/api/swagger"})
    if request.method != "POST" or not PATH.fullmatch(request.path):
        return Reply(status=404, body={"message": "The target couldn't be found."})
    body = orjson.loads(request.body)
    if body["state"] not in ("pending", "success", "error", "failure"):
        return Reply(status=422, body={"message": "unknown state"})
    return Reply(status=201, body={"id": 1, "status": body["state"]})


@pytest.fixture
async def host() -> AsyncIterator[RecordingServer]:
    async with recording_server(gitea) as server:
        yield server


def make_sink(url: str, token: str = TOKEN) -> GiteaSink:
    return GiteaSink(
        token=token, host="git.example.com", api_url=f"{url}/git/api/v1", allow_http=True, context="ci/{workspace}"
    )


class TestGiteaSink(HttpSinkConformance):
    def make_sink_for(self, url: str, credential: str) -> GiteaSink:
        return make_sink(url, credential)


@pytest.mark.parametrize(
    ("kind", "state"),
    [
        ("fetched", "pending"),
        ("waiting", "pending"),
        ("released", "success"),
        ("rejected", "failure"),
        ("failed", "error"),
    ],
)
async def test_what_is_shown(host: RecordingServer, kind: str, state: str) -> None:
    sink = make_sink(host.url)
    await sink.deliver(make_event(kind, message="It is so"))
    await sink.close()
    (request,) = host.received
    assert request.path == f"/git/api/v1/repos/acme/flows/statuses/{COMMIT}"
    said = "Strøm is looking at it" if kind == "fetched" else "It is so"
    assert orjson.loads(request.body) == {"state": state, "description": said, "context": "ci/production"}


async def test_a_gitea_that_lies_under_a_path(host: RecordingServer) -> None:
    sink = make_sink(host.url)
    await sink.deliver(make_event(origin="https://git.example.com/git/acme/flows.git"))
    await sink.close()
    assert host.received[0].path.startswith("/git/api/v1/repos/acme/flows/")


def test_a_host_must_be_named() -> None:
    with pytest.raises(SettingsError, match="host: is required, unless api_url is set"):
        GiteaSink(token=TOKEN)


def test_the_api_follows_from_the_host() -> None:
    assert GiteaSink(token=TOKEN, host="codeberg.org")._api_url == "https://codeberg.org/api/v1"
