"""Commit statuses on GitHub: the published suite, and GitHub's API as it behaves."""

import re
from collections.abc import AsyncIterator

import orjson
import pytest

from stroem.errors import SettingsError
from stroem.interfaces.event_sink import DeliveryFailed, DeliveryRefused
from stroem.testing.event_sink_conformance import COMMIT, HttpSinkConformance, make_event
from stroem.testing.recording_server import Received, RecordingServer, Reply, recording_server
from stroem_github.event_sink import GithubSink

TOKEN = HttpSinkConformance.credential
PATH = re.compile(r"/api/v3/repos/([^/]+)/([^/]+)/statuses/([0-9a-f]{40})")


def github(request: Received) -> Reply:
    """Creates commit statuses in acme/flows, as strict as GitHub is."""
    if request.headers.get("authorization") != f"Bearer {TOKEN}":
        return Reply(status=401, body={"message": "Bad credentials"})
    if not request.headers.get("user-agent"):
        return Reply(status=403, body={"message": "Request forbidden by administrative rules."})
    found = PATH.fullmatch(request.path)
    if request.method != "POST" or found is None or found.groups()[:2] != ("acme", "flows"):
        return Reply(status=404, body={"message": "Not Found"})
    if found[3] != COMMIT:
        return Reply(status=422, body={"message": f"No commit found for SHA: {found[3]}"})
    body = orjson.loads(request.body)
    wrong = (
        body["state"] not in ("error", "failure", "pending", "success")
        or len(body["description"]) > 140
        or any(sign > "\uffff" for sign in body["description"])
        or not {"context", "target_url", "state", "description"} >= set(body)
    )
    return Reply(status=422, body={"message": "Validation Failed"}) if wrong else Reply(status=201, body={"id": 1})


@pytest.fixture
async def host() -> AsyncIterator[RecordingServer]:
    async with recording_server(github) as server:
        yield server


def make_sink(url: str, token: str = TOKEN, repository: str | None = "acme/flows") -> GithubSink:
    return GithubSink(token=token, api_url=f"{url}/api/v3", repository=repository, allow_http=True)


class TestGithubSink(HttpSinkConformance):
    def make_sink_for(self, url: str, credential: str) -> GithubSink:
        return make_sink(url, credential)


@pytest.mark.parametrize(
    ("kind", "facts", "state", "description"),
    [
        ("fetched", {"release": None}, "pending", "Strøm is looking at it"),
        ("waiting", {"message": "Waits for approval"}, "pending", "Waits for approval"),
        ("released", {}, "success", "Release 12 is current at 3f786850e387: 1 added"),
        ("rejected", {"data": {"mistakes": 3, "first": "a.yaml:2: x"}}, "failure", "3 mistakes, first a.yaml:2: x"),
        ("failed", {"message": "The round broke off"}, "error", "The round broke off"),
    ],
)
async def test_what_is_shown(
    host: RecordingServer, kind: str, facts: dict[str, object], state: str, description: str
) -> None:
    sink = make_sink(host.url)
    await sink.deliver(make_event(kind, **facts))
    await sink.close()
    (request,) = host.received
    assert request.path == f"/api/v3/repos/acme/flows/statuses/{COMMIT}"
    assert request.headers["accept"] == "application/vnd.github+json"
    assert orjson.loads(request.body) == {"state": state, "description": description, "context": "stroem/production"}


async def test_a_long_description_is_cut(host: RecordingServer) -> None:
    sink = make_sink(host.url)
    await sink.deliver(make_event(message="\U0001f389" + "word " * 200))
    await sink.close()
    description = orjson.loads(host.received[0].body)["description"]
    assert len(description) == 140
    assert description.endswith("…")


@pytest.mark.parametrize(
    ("revision", "repository", "message"),
    [
        ("ab" * 20, "acme/flows", "422: No commit found for SHA"),
        (COMMIT, "acme/other", "no repository acme/other or commit 3f786850e387, or the token may not see them"),
    ],
)
async def test_what_github_does_not_know_is_refused(
    host: RecordingServer, revision: str, repository: str, message: str
) -> None:
    sink = make_sink(host.url, repository=repository)
    with pytest.raises(DeliveryRefused, match=message):
        await sink.deliver(make_event(revision=revision))
    await sink.close()


@pytest.mark.parametrize("headers", [{"x-ratelimit-remaining": "0"}, {"retry-after": "60"}])
async def test_who_asks_too_often_is_to_try_again(headers: dict[str, str]) -> None:
    def busy(_: Received) -> Reply:
        return Reply(status=403, body={"message": "You have exceeded a secondary rate limit"}, headers=headers)

    async with recording_server(busy) as server:
        sink = make_sink(server.url)
        with pytest.raises(DeliveryFailed, match="403: You have exceeded"):
            await sink.deliver(make_event())
        await sink.close()


@pytest.mark.parametrize(
    ("options", "api", "origin"),
    [
        ({}, "https://api.github.com", "git@github.com:acme/flows.git"),
        ({}, "https://api.github.com", "ssh://git@ssh.github.com:443/acme/flows.git"),
        ({"host": "GitHub.com"}, "https://api.GitHub.com", "https://github.com/acme/flows"),
        ({"host": "acme.ghe.com"}, "https://api.acme.ghe.com", "https://acme.ghe.com/acme/flows"),
        ({"host": "git.example.com"}, "https://git.example.com/api/v3", "https://git.example.com/acme/flows"),
        ({"host": "git.example.com:8443"}, "https://git.example.com:8443/api/v3", "git@git.example.com:acme/flows"),
        ({"api_url": "https://api.github.com/"}, "https://api.github.com", "https://github.com/acme/flows"),
        (
            {"api_url": "https://x.example.com/api/v3"},
            "https://x.example.com/api/v3",
            "https://x.example.com/acme/flows",
        ),
    ],
)
def test_the_token_goes_to_one_host_only(options: dict[str, str], api: str, origin: str) -> None:
    sink = GithubSink(token=TOKEN, **options)  # type: ignore[arg-type]
    assert sink._api_url == api
    assert sink.wants(make_event(origin=origin))
    assert not sink.wants(make_event(origin="https://elsewhere.example.org/acme/flows.git"))


def test_a_host_that_is_none_is_refused() -> None:
    with pytest.raises(SettingsError, match="host: is not an address"):
        GithubSink(token=TOKEN, host="git.example.com:port")
