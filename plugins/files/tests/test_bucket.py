"""Triggers that watch an object store: requests to an S3 server, and credentials."""

import asyncio
import datetime
from collections.abc import AsyncIterator
from xml.sax.saxutils import escape

import pytest
from aiohttp import web

from stroem.interfaces.triggers.stream_trigger import Place, StreamTrigger, StreamUnreadable
from stroem.testing.stream_trigger_conformance import AllowedPlace, StreamTriggerConformance
from stroem_files.trigger_type import FilesTrigger

KEYS = {"access_key_id": "AKIDEXAMPLE", "secret_access_key": "wJalrXUtnFEMI-not-a-real-one"}
_PAGE = 100


class ObjectServer:
    """A server that lists the objects of one bucket like S3. With a `status`, it refuses."""

    def __init__(self) -> None:
        self.objects: dict[str, tuple[str, datetime.datetime]] = {}
        self.requests: list[web.Request] = []
        self.status = 200
        self.url = ""

    def put(self, name: str, etag: str = "e") -> None:
        self.objects[name] = (etag, datetime.datetime(2026, 1, 31, 12, tzinfo=datetime.UTC))

    async def list(self, request: web.Request) -> web.Response:
        self.requests.append(request)
        if self.status != 200:
            return web.Response(status=self.status, text="<Error><Code>wJalrXUtnFEMI</Code></Error>")
        prefix, start = request.query.get("prefix", ""), int(request.query.get("continuation-token", "0"))
        names = sorted(name for name in self.objects if name.startswith(prefix))
        page = names[start : start + _PAGE]
        more = start + _PAGE < len(names)
        token = f"<NextContinuationToken>{start + _PAGE}</NextContinuationToken>" if more else ""
        contents = "".join(self._contents(name) for name in page)
        body = f"<ListBucketResult><IsTruncated>{str(more).lower()}</IsTruncated>{token}{contents}</ListBucketResult>"
        return web.Response(text=body, content_type="application/xml")

    def _contents(self, name: str) -> str:
        etag, at = self.objects[name]
        written = at.isoformat().replace("+00:00", "Z")
        return (
            f"<Contents><Key>{escape(name)}</Key><LastModified>{written}</LastModified>"
            f"<ETag>&quot;{etag}&quot;</ETag><Size>3</Size></Contents>"
        )


@pytest.fixture
async def store() -> AsyncIterator[ObjectServer]:
    server, app = ObjectServer(), web.Application()
    app.router.add_get("/{path:.*}", server.list)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    server.url = f"http://127.0.0.1:{site._server.sockets[0].getsockname()[1]}"  # type: ignore[union-attr]
    yield server
    await runner.cleanup()


class TestBucket(StreamTriggerConformance):
    kind = FilesTrigger
    faulty = (
        ({"url": "ftp://host/a"}, ("url",)),
        ({"url": "s3://b", "credentials": {"account_key": "x"}}, ("credentials", "account_key")),
        ({"url": "s3://b", "region": "evil.example.com/"}, ("region",)),
        ({"url": "s3://b", "endpoint": "file:///etc"}, ("endpoint",)),
    )

    @pytest.fixture(autouse=True)
    def stored(self, store: ObjectServer) -> None:
        self.store = store
        self.options = {  # type: ignore[misc]
            "url": "s3://inbox/in",
            "endpoint": store.url,
            "credentials": KEYS,
        }

    async def put(self, number: int) -> None:
        self.store.put(f"in/{number}")

    def place(self) -> Place:
        return AllowedPlace(endpoints=[self.store.url])

    def unreadable(self) -> tuple[StreamTrigger, Place]:
        return self.trigger(), AllowedPlace()


async def read(store: ObjectServer, trigger: FilesTrigger) -> list[object]:
    batch = await trigger.read(None, AllowedPlace(endpoints=[store.url]))
    return [fire.input["file"] for fire in batch.fires]


async def test_the_facts_of_an_object(store: ObjectServer) -> None:
    store.put("in/a.csv", "e1")
    store.put("in/b.txt")
    store.put("other/a.csv")
    trigger = FilesTrigger(url="s3://inbox/in", endpoint=store.url, existing="fire", pattern="*.csv", credentials=KEYS)
    assert await read(store, trigger) == [
        {
            "name": "a.csv",
            "url": "s3://inbox/in/a.csv",
            "size": 3,
            "modified_at": "2026-01-31T12:00:00Z",
            "etag": '"e1"',
        }
    ]


async def test_a_prefix(store: ObjectServer) -> None:
    for name in ("in/2026/a", "in/2025/b"):
        store.put(name)
    trigger = FilesTrigger(url="s3://inbox/in", prefix="2026", endpoint=store.url, existing="fire", credentials=KEYS)
    assert [one["name"] for one in await read(store, trigger)] == ["2026/a"]  # type: ignore[index]
    assert store.requests[-1].query["prefix"].startswith("in/2026")


async def test_credentials_of_the_server_are_not_used(store: ObjectServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else a workspace could read what only the server may."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "SERVERKEY")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "of-the-server")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "session-of-the-server")
    await read(store, FilesTrigger(url="s3://inbox", endpoint=store.url))
    assert "Authorization" not in store.requests[-1].headers
    await read(store, FilesTrigger(url="s3://inbox", endpoint=store.url, credentials=KEYS))
    assert "AKIDEXAMPLE" in store.requests[-1].headers["Authorization"]
    assert "X-Amz-Security-Token" not in store.requests[-1].headers
    with pytest.raises(StreamUnreadable, match="need both"):
        await read(store, FilesTrigger(url="s3://inbox", endpoint=store.url, credentials={"access_key_id": "A"}))


@pytest.mark.parametrize(("status", "told"), [(403, "access is denied"), (404, "bucket"), (400, "answers 400")])
async def test_refusals_do_not_repeat_the_answer(store: ObjectServer, status: int, told: str) -> None:
    store.status = status
    with pytest.raises(StreamUnreadable, match=told) as caught:
        await read(store, FilesTrigger(url="s3://inbox", endpoint=store.url, credentials=KEYS))
    assert "wJalr" not in str(caught.value)


async def test_credentials_are_not_shown() -> None:
    trigger = FilesTrigger(url="s3://inbox", credentials=KEYS)
    assert "wJalr" not in repr(trigger)


async def test_other_kinds_of_stores_tell_what_is_wrong_with_their_credentials() -> None:
    for options, told in (
        ({"url": "gs://inbox", "credentials": {"service_account_key": "x"}}, "JSON text"),
        ({"url": "az://inbox", "credentials": {"account_name": "evil.example.com/"}}, "no name of an account"),
    ):
        async with asyncio.timeout(60):
            with pytest.raises(StreamUnreadable, match=told):
                await FilesTrigger(**options).read(None, AllowedPlace())  # type: ignore[arg-type]
