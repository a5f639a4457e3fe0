"""Conformance suite of types of triggers that answer HTTP requests. A plugin's own tests subclass it and pass.

class TestShelfTrigger(HttpTriggerConformance):
    def trigger(self): return ShelfTrigger(name_="shelf", token=SECRET)
    def request(self): return hook_request(headers={"x-token": SECRET}, body=b"{}")
"""

import abc
import datetime
from typing import Any

import attrs
import orjson
import pytest

from stroem.conversion.json_value import faults
from stroem.interfaces.triggers.http_trigger import Delivery, HookRefused, HookReply, HookRequest, HttpTrigger
from stroem.testing.bounded import BoundedTests
from stroem.testing.push_hook_conformance import NOT_A_BODY

SECRET = "correct-horse-battery-staple-0123456789"  # noqa: S105 (of tests)
AT = datetime.datetime(2026, 11, 27, 12, 0, tzinfo=datetime.UTC)
_SPOILED = ("", "0", "Bearer ", "Basic ", "=", ",", "t=,v1=", "é\udcff", "x" * 100_000)
_CONTENT_TYPES = (
    "",
    "application/json",
    "application/json; charset=latin-1",
    "application/x-www-form-urlencoded",
    "multipart/form-data",
    "multipart/form-data; boundary=x",
    "text/plain; charset=none-such",
    "text/xml",
    'a"b;=\udcff',
)


def hook_request(
    *,
    method: str = "POST",
    headers: dict[str, str] | None = None,
    query: dict[str, str] | None = None,
    body: bytes = b"",
) -> HookRequest:
    """A request from 192.0.2.1 at `AT`."""
    return HookRequest(method=method, headers=headers or {}, query=query or {}, body=body, remote="192.0.2.1", at=AT)


class HttpTriggerConformance(BoundedTests, abc.ABC):
    """Tests of a type of triggers that answer HTTP requests. A subclass makes a trigger that knows the secret `SECRET`.

    `has_check` is False if the trigger takes requests of anyone.
    """

    has_check: bool = True

    @abc.abstractmethod
    def trigger(self) -> HttpTrigger:
        """The trigger under test."""

    @abc.abstractmethod
    def request(self, body: bytes = b'{"a": 1}', method: str = "POST") -> HookRequest:
        """An authentic request with this body, of type JSON."""

    async def read(self, request: HookRequest) -> Delivery:
        """The delivery of a request that starts a job."""
        found = await self.trigger().read(request)
        assert isinstance(found, Delivery)
        return found

    def test_it_names_itself_and_declares_its_options(self) -> None:
        assert isinstance(type(self.trigger()).name, str)
        assert attrs.has(type(self.trigger()))
        assert list(self.trigger().faults()) == []
        assert self.trigger().hook_name

    def test_it_shows_no_secret(self) -> None:
        assert SECRET not in repr(self.trigger())

    async def test_an_authentic_request_starts_a_job(self) -> None:
        request = self.request()
        self.trigger().check_head(attrs.evolve(request, body=b""))
        delivery = await self.read(request)
        assert delivery.fire.key

    async def test_its_inputs_are_roots_of_templates(self) -> None:
        """So a stored request can be delivered again."""
        trigger, fire = self.trigger(), (await self.read(self.request())).fire
        assert set(fire.input) == set(trigger.gives)
        assert {name: fire.context[name] for name in fire.input} == fire.input
        assert set(fire.context) == set(trigger.roots)

    async def test_nothing_of_the_secret_is_kept(self) -> None:
        delivery = await self.read(self.request())
        kept = orjson.dumps([delivery.fire.input, delivery.fire.context, delivery.headers, delivery.query])
        assert SECRET.encode() not in kept
        for name in ("authorization", "cookie"):
            request = self.request()
            if name not in request.headers:
                request = attrs.evolve(request, headers={**request.headers, name: "kept-in-no-table"})
                kept_headers = orjson.dumps((await self.read(request)).fire.input)
                assert b"kept-in-no-table" not in kept_headers

    async def test_two_requests_without_an_id_have_keys_of_their_own(self) -> None:
        deliveries = [await self.read(self.request()) for _ in range(2)]
        if deliveries[0].is_keyed:
            assert deliveries[0].fire.key == deliveries[1].fire.key
        else:
            assert deliveries[0].fire.key != deliveries[1].fire.key

    async def test_a_request_without_headers_and_query_is_refused(self) -> None:
        if not self.has_check:
            pytest.skip("it takes requests of anyone")
        with pytest.raises(HookRefused) as caught:
            await self.trigger().read(hook_request(body=b"{}"))
        assert caught.value.status in (400, 401, 403)
        with pytest.raises(HookRefused):
            await self.trigger().check_reader(hook_request(method="GET"))

    async def test_each_header_and_query_key_that_is_left_out_or_spoiled_is_noticed(self) -> None:
        """A refusal or a delivery, never an unexpected error, and no secret in what is told."""
        request = self.request()
        for part in ("headers", "query"):
            for name in getattr(request, part):
                for spoiled in (None, *_SPOILED):
                    texts = {key: text for key, text in getattr(request, part).items() if key != name}
                    changed: dict[str, Any] = {part: texts if spoiled is None else {**texts, name: spoiled}}
                    await self._is_harmless(attrs.evolve(request, **changed))

    @pytest.mark.parametrize("body", NOT_A_BODY.values(), ids=NOT_A_BODY)
    async def test_any_body_of_any_content_type_is_read_or_refused(self, body: bytes) -> None:
        for content_type in _CONTENT_TYPES:
            request = self.request(body)
            headers = {**request.headers, "content-type": content_type}
            await self._is_harmless(attrs.evolve(request, headers=headers))

    async def _is_harmless(self, request: HookRequest) -> None:
        try:
            found = await self.trigger().read(request)
        except HookRefused as error:
            is_told_well = SECRET not in f"{error} {error.told}" and error.status in (400, 401, 403)
            assert is_told_well
            return
        if isinstance(found, HookReply):
            assert 200 <= found.status < 500
            return
        assert list(faults(found.fire.input)) == []
        assert list(faults(found.fire.context)) == []
