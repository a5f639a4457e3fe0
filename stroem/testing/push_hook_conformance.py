"""Conformance suite of push hooks. A plugin's own tests subclass `PushHookConformance` and pass.

class TestShelfPushHook(PushHookConformance):
    hook = ShelfPushHook
    def body(self, pushed): return json.dumps({"url": pushed.urls[0], "ref": pushed.ref, …}).encode()
    def sign(self, body, secret): return PushRequest(headers={"x-signature": hmac_sha256(body, secret)}, …)
"""

import abc
import copy
import hashlib
import hmac
from collections.abc import Iterator
from typing import Any, ClassVar

import attrs
import orjson
import pytest

from stroem.conversion.structure import field_errors, make_converter
from stroem.interfaces.push_hook import PushHook, PushRefused, PushRequest, PushUnreadable
from stroem.records.push import Push
from stroem.testing.bounded import BoundedTests

SECRET = "correct-horse-battery-staple-0123456789"  # noqa: S105 (of tests)
OTHER_SECRET = "another-secret-that-is-as-long-987654321"  # noqa: S105 (of tests)
COMMIT = "3f786850e387550fdab836ed7e6dc881de23001b"
PUSHED = Push(urls=("https://git.example.com/acme/flows.git",), ref="refs/heads/main", commit=COMMIT, by="ada")
MAX_PUSHES = 1000
ODD_VALUES: tuple[Any, ...] = (
    None,
    True,
    7,
    -1.5,
    "",
    "\x00",
    "line\nbreak",
    "x" * 100_000,
    [],
    [[]],
    {},
    {"a": []},
    [None],
    ["x"],
)

NOT_A_BODY = {
    "empty": b"",
    "not UTF-8": b'{"ref": "\xff\xfe"}',
    "cut off": b'{"ref": "refs/heads/ma',
    "null": b"null",
    "a number": b"1",
    "a text": b'"refs/heads/main"',
    "a list": b"[]",
    "nothing in it": b"{}",
    "deep lists": b"[" * 200_000 + b"]" * 200_000,
    "deep maps": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    "a huge number": b'{"ref": ' + b"9" * 100_000 + b"}",
}


def hmac_sha256(body: bytes, secret: str) -> str:
    """The HMAC-SHA256 of a body, in hexadecimal digits, with which most hosts sign."""
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


class PushHookConformance(BoundedTests, abc.ABC):
    """Tests of a push hook. A subclass names the class of the hook and makes the requests of its host.

    `hook` is the class under test, made from `secret_option` alone unless `make_hook` is overridden. `secret_option`
    is the option that the operator must set. `signs_body` is False for hosts that send a secret along instead of
    signing.
    """

    hook: ClassVar[type[PushHook]]
    secret_option: ClassVar[str] = "secret"  # noqa: S105 (its name)
    signs_body: ClassVar[bool] = True

    def make_hook(self, secret: str) -> PushHook:
        """The hook under test, as the server makes it from settings with this secret."""
        return self.hook(**{self.secret_option: secret})

    @abc.abstractmethod
    def body(self, pushed: Push) -> bytes:
        """The host's JSON for a push. `pushed.commit` is None for a deleted ref."""

    @abc.abstractmethod
    def sign(self, body: bytes, secret: str) -> PushRequest:
        """The request with which the host sends a body about a push."""

    def ping(self, secret: str) -> PushRequest | None:
        """The host's test request (ping); None if there is none."""
        return None

    def read(self, body: bytes) -> list[Push]:
        """The hook's result for a correctly signed body."""
        return list(self.make_hook(SECRET).read(self.sign(body, SECRET)))

    def test_it_names_itself_and_declares_its_options(self) -> None:
        hook = self.make_hook(SECRET)
        assert isinstance(type(hook).name, str)
        assert attrs.has(type(hook))

    def test_it_needs_a_secret(self) -> None:
        """Without one the settings are refused, and the message stands beside the option."""
        kind = type(self.make_hook(SECRET))
        with pytest.raises(Exception) as caught:  # noqa: PT011 (whatever a converter makes of it)
            make_converter(unknown_keys=False).structure({}, kind)
        found = {error.field: error.message for error in field_errors(caught.value)}
        assert "is required" in found[self.secret_option]

    @pytest.mark.parametrize("secret", ["", "short", " " * 40, SECRET + "\n"])
    def test_a_secret_that_is_none_is_refused(self, secret: str) -> None:
        """A short one can be guessed; white space around it is a mistake of copying."""
        kind = type(self.make_hook(SECRET))
        with pytest.raises(Exception) as caught:  # noqa: PT011 (whatever a converter makes of it)
            make_converter(unknown_keys=False).structure({self.secret_option: secret}, kind)
        found = {error.field: error.message for error in field_errors(caught.value)}
        assert found[self.secret_option] not in ("", "is not valid")
        assert SECRET not in found[self.secret_option]

    def test_it_shows_no_secret(self) -> None:
        hook = self.make_hook(SECRET)
        assert SECRET not in repr(hook)
        assert SECRET not in str(hook)

    def test_a_push_is_told(self) -> None:
        (push,) = self.read(self.body(PUSHED))
        assert PUSHED.urls[0] in push.urls
        assert (push.ref, push.commit, push.by) == (PUSHED.ref, PUSHED.commit, PUSHED.by)

    def test_a_push_of_a_tag_is_told(self) -> None:
        (push,) = self.read(self.body(attrs.evolve(PUSHED, ref="refs/tags/v1.0.0")))
        assert (push.ref, push.commit) == ("refs/tags/v1.0.0", COMMIT)

    def test_a_branch_with_a_slash_and_letters_of_any_language_is_told(self) -> None:
        (push,) = self.read(self.body(attrs.evolve(PUSHED, ref="refs/heads/feature/zażółć-日本")))
        assert push.ref == "refs/heads/feature/zażółć-日本"

    def test_a_deleted_ref_has_no_commit(self) -> None:
        (push,) = self.read(self.body(attrs.evolve(PUSHED, commit=None)))
        assert (push.ref, push.commit) == (PUSHED.ref, None)

    def test_the_same_request_again_says_the_same(self) -> None:
        """Hosts send again what was not answered in time."""
        hook, request = self.make_hook(SECRET), self.sign(self.body(PUSHED), SECRET)
        assert list(hook.read(request)) == list(hook.read(request))

    def test_a_ping_says_nothing(self) -> None:
        if (request := self.ping(SECRET)) is None:
            pytest.skip("this host sends none")
        assert list(self.make_hook(SECRET).read(request)) == []

    def test_another_secret_is_refused(self) -> None:
        with pytest.raises(PushRefused, match=r"\w+ \w+") as caught:
            self.make_hook(SECRET).read(self.sign(self.body(PUSHED), OTHER_SECRET))
        assert SECRET not in str(caught.value)
        assert OTHER_SECRET not in str(caught.value)

    def test_a_body_that_was_changed_on_the_way_is_refused(self) -> None:
        if not self.signs_body:
            pytest.skip("this host sends a token along")
        request = self.sign(self.body(PUSHED), SECRET)
        with pytest.raises(PushRefused):
            self.make_hook(SECRET).read(attrs.evolve(request, body=request.body + b" "))

    def test_a_request_without_any_headers_is_refused(self) -> None:
        with pytest.raises(PushRefused, match=r"\w+ \w+"):
            self.make_hook(SECRET).read(PushRequest(headers={}, query={}, body=self.body(PUSHED)))

    def test_each_header_that_is_left_out_spoiled_or_emptied_is_noticed(self) -> None:
        """Missing and strange headers are refused, never an unexpected error."""
        request = self.sign(self.body(PUSHED), SECRET)
        for name in request.headers:
            for spoiled in (None, "", "sha256=", "0", "Bearer ", "é\udcff", "x" * 100_000):
                headers = {key: value for key, value in request.headers.items() if key != name}
                changed = headers if spoiled is None else {**headers, name: spoiled}
                assert self._is_harmless(attrs.evolve(request, headers=changed))

    def test_signatures_are_checked_before_the_body_is_read(self) -> None:
        for body in NOT_A_BODY.values():
            with pytest.raises(PushRefused):
                self.make_hook(SECRET).read(self.sign(body, OTHER_SECRET))

    @pytest.mark.parametrize("body", NOT_A_BODY.values(), ids=NOT_A_BODY)
    def test_what_is_no_body_is_unreadable(self, body: bytes) -> None:
        with pytest.raises(PushUnreadable, match=r"\w+ \w+") as caught:
            self.read(body)
        assert len(str(caught.value)) < 1000

    def test_a_body_with_odd_values_is_read_or_unreadable(self) -> None:
        """Each value replaced or left out."""
        whole = orjson.loads(self.body(PUSHED))
        for odd in _variations(whole):
            try:
                pushes = self.read(orjson.dumps(odd))
            except PushUnreadable as error:
                assert str(error)  # noqa: PT017 (both outcomes are right)
                assert len(str(error)) < 1000  # noqa: PT017
            else:
                assert all(_is_plain(push) for push in pushes)

    def test_long_lists_are_bounded(self) -> None:
        whole = orjson.loads(self.body(PUSHED))
        for way in _places(whole):
            if not isinstance(_at(whole, way), list):
                continue
            long = copy.deepcopy(whole)
            _at(long, way[:-1])[way[-1]] = _at(whole, way) * 20_000
            try:
                pushes = self.read(orjson.dumps(long))
            except PushUnreadable:
                continue
            assert len(pushes) <= MAX_PUSHES
            assert all(len(push.urls) <= MAX_PUSHES for push in pushes)

    def _is_harmless(self, request: PushRequest) -> bool:
        """A push, another event, or a refusal: no other outcome."""
        try:
            pushes = self.make_hook(SECRET).read(request)
        except (PushRefused, PushUnreadable) as error:
            return SECRET not in str(error) and len(str(error)) < 1000
        return all(push.commit == PUSHED.commit for push in pushes)


def _variations(whole: Any) -> Iterator[Any]:
    for way in _places(whole):
        for odd in ODD_VALUES:
            changed = copy.deepcopy(whole)
            _at(changed, way[:-1])[way[-1]] = odd
            yield changed
        changed = copy.deepcopy(whole)
        del _at(changed, way[:-1])[way[-1]]
        yield changed


def _places(value: Any) -> Iterator[tuple[Any, ...]]:
    """The ways to all values inside a document."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in inner:
        yield (key,)
        yield from ((key, *way) for way in _places(item))


def _at(value: Any, way: tuple[Any, ...]) -> Any:
    for key in way:
        value = value[key]
    return value


def _is_plain(push: Push) -> bool:
    """Texts of one line, of a length that can be stored and shown."""
    texts = [*push.urls, *(text for text in (push.ref, push.commit, push.by) if text is not None)]
    return bool(push.urls) and all(0 < len(text) <= 5000 and "\x00" not in text and "\n" not in text for text in texts)
