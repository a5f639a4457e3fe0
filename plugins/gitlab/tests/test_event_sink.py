"""Commit statuses on GitLab: the published suite, and GitLab's API as it behaves."""

import re
from collections.abc import AsyncIterator

import attrs
import orjson
import pytest

from stroem.interfaces.event_sink import DeliveryFailed, DeliveryRefused
from stroem.testing.event_sink_conformance import COMMIT, HttpSinkConformance, make_event
from stroem.testing.recording_server import Received, RecordingServer, Reply, recording_server
from stroem_gitlab.event_sink import GitlabSink

TOKEN = HttpSinkConformance.credential
PATH = re.compile(r"/api/v4/projects/acme%2Fteam%2Fflows/statuses/([0-9a-f]{40})")


@attrs.define
class OldGitlab:
    """Creates commit statuses in acme/team/flows, and keeps the rules by which older versions let them change."""

    states: dict[str, str] = attrs.Factory(dict)

    def answer(self, request: Received) -> Reply:
        if request.headers.get("private-token") != TOKEN:
            return Reply(status=401, body={"message": "401 Unauthorized"})
        found = PATH.fullmatch(request.path)
        if request.method != "POST" or found is None:
            return Reply(status=404, body={"message": "404 Project Not Found"})
        if found[1] != COMMIT:
            return Reply(status=404, body={"message": "404 Commit Not Found"})
        body = orjson.loads(request.body)
        state, before = body["state"], self.states.get(body["name"])
        if state not in ("pending", "running", "success", "failed", "canceled"):
            return Reply(status=400, body={"error": "state does not have a valid value"})
        if len(body["description"]) > 255 or len(body.get("target_url", "")) > 255:
            return Reply(status=400, body={"message": {"description": ["is too long (maximum is 255 characters)"]}})
        if before == state or (before in ("success", "failed") and state == "pending"):
            return Reply(status=400, body={"message": f"Cannot transition status via :enqueue from :{before}"})
        self.states[body["name"]] = state
        return Reply(status=201, body={"id": 1})


@pytest.fixture
def gitlab() -> OldGitlab:
    return OldGitlab()


@pytest.fixture
async def host(gitlab: OldGitlab) -> AsyncIterator[RecordingServer]:
    async with recording_server(gitlab.answer) as server:
        yield server


def make_sink(url: str, token: str = TOKEN, link: str | None = None) -> GitlabSink:
    return GitlabSink(token=token, api_url=f"{url}/api/v4", repository="acme/team/flows", allow_http=True, link=link)


class TestGitlabSink(HttpSinkConformance):
    def make_sink_for(self, url: str, credential: str) -> GitlabSink:
        return make_sink(url, credential)


@pytest.mark.parametrize(
    ("kind", "state"),
    [
        ("fetched", "pending"),
        ("waiting", "pending"),
        ("released", "success"),
        ("rejected", "failed"),
        ("failed", "failed"),
    ],
)
async def test_what_is_shown(host: RecordingServer, gitlab: OldGitlab, kind: str, state: str) -> None:
    sink = make_sink(host.url, link="https://stroem.example.com/w/{workspace}?at={revision}")
    await sink.deliver(make_event(kind, message="It is so", workspace="a b"))
    await sink.close()
    assert gitlab.states == {"stroem/a b": state}
    assert orjson.loads(host.received[0].body) == {
        "state": state,
        "name": "stroem/a b",
        "description": "Strøm is looking at it" if kind == "fetched" else "It is so",
        "target_url": f"https://stroem.example.com/w/a%20b?at={COMMIT}",
    }


async def test_the_same_state_again_is_fine(host: RecordingServer, gitlab: OldGitlab) -> None:
    sink = make_sink(host.url)
    await sink.deliver(make_event("fetched", id=1))
    await sink.deliver(make_event("waiting", id=2))
    await sink.deliver(make_event("released", id=3))
    await sink.close()
    assert len(host.received) == 3
    assert gitlab.states == {"stroem/production": "success"}


async def test_other_complaints_are_not() -> None:
    def strict(_: Received) -> Reply:
        return Reply(status=400, body={"message": {"name": ["is too long"]}})

    async with recording_server(strict) as server:
        sink = make_sink(server.url)
        with pytest.raises(DeliveryRefused, match="is too long"):
            await sink.deliver(make_event())
        await sink.close()


async def test_pipelines_that_are_made_at_once_are_worth_another_try() -> None:
    def busy(_: Received) -> Reply:
        return Reply(status=409, body={"message": "409 Conflict"})

    async with recording_server(busy) as server:
        sink = make_sink(server.url)
        with pytest.raises(DeliveryFailed, match="409"):
            await sink.deliver(make_event())
        await sink.close()


@pytest.mark.parametrize(
    ("host_name", "origin"),
    [
        (None, "https://gitlab.com/acme/team/flows.git"),
        (None, "ssh://git@altssh.gitlab.com:443/acme/team/flows.git"),
        ("git.example.com", "git@git.example.com:acme/team/flows.git"),
    ],
)
def test_the_api_follows_from_the_host(host_name: str | None, origin: str) -> None:
    sink = GitlabSink(token=TOKEN, host=host_name)
    assert sink._api_url == f"https://{host_name or 'gitlab.com'}/api/v4"
    assert sink.wants(make_event(origin=origin))
    assert sink.request(sink._status(make_event(origin=origin))).path.startswith("projects/acme%2Fteam%2Fflows/")
