"""Exchanges of the older worker in files: requests, and the parts of the answers that matter to it.

In a file, `<name>` stands for a value: an answer gives it when it first comes up, later answers must have the same, and
requests have it filled in. `<absent>` is a key that an answer must not have.
"""

import io
import re
import tarfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import aiohttp
import attrs
import orjson
import yaml
from yarl import URL

from tests.server.archives import archive_of
from tests.server.conftest import Running
from tests.support.wait import eventually

FOLDER = Path(__file__).parent / "recorded"
_ABSENT = "<absent>"
_NAME = re.compile(r"<(\w+)>")


@attrs.frozen(kw_only=True)
class Exchange:
    """A request (`POST /path`) and the answer to it.

    The body is one of `json`, `text` and `archive`, files of a gzipped tar by name. `answer` has the keys of the JSON
    that are compared; a list is compared as a whole. `until`: the request is repeated until the answer is this one.
    """

    request: str
    json: Any = None
    text: str | None = None
    archive: Mapping[str, str] | None = None
    headers: Mapping[str, str] = attrs.Factory(dict)
    status: int = 200
    answer: Any = None
    answer_text: str | None = None
    answer_archive: Mapping[str, str] | None = None
    answer_headers: Mapping[str, str] = attrs.Factory(dict)
    until: bool = False


@attrs.frozen(kw_only=True)
class Recording:
    """A file: the text of workflows, and the exchanges on them in order."""

    workflows: str
    exchanges: tuple[Exchange, ...]


def read_recording(file: Path) -> Recording:
    """Reads a file. Raises `TypeError` for an unknown key."""
    content = yaml.safe_load(file.read_text())
    return Recording(
        workflows=content["workflows"], exchanges=tuple(Exchange(**exchange) for exchange in content["exchanges"])
    )


@attrs.frozen(kw_only=True)
class Replay:
    """Sends the requests of a recording to a server, and compares the answers."""

    server: Running
    values: dict[str, Any] = attrs.Factory(dict)

    async def run(self, recording: Recording) -> None:
        """All exchanges in order. Raises `AssertionError` with the first that has another answer."""
        for number, exchange in enumerate(recording.exchanges, 1):
            wrong: list[str] = []

            async def fits(exchange: Exchange = exchange, wrong: list[str] = wrong) -> bool:
                wrong[:] = await self._differences(exchange)
                return not wrong

            if exchange.until:
                await eventually(fits, f"exchange {number}, {exchange.request}")
            else:
                assert await fits(), f"exchange {number}, {exchange.request}: {wrong}"

    async def _differences(self, exchange: Exchange) -> list[str]:
        method, path = self._filled(exchange.request).split(" ", 1)
        session = self.server.worker if path.startswith("/worker/") else self.server.http
        url = URL(self.server.url + path, encoded=True)
        async with session.request(
            method, url, data=self._body(exchange), headers=_headers(exchange), skip_auto_headers=("Content-Type",)
        ) as response:
            content = await response.read()
        if response.status != exchange.status:
            return [f"status {response.status}: {content!r}"]
        return list(self._compared(exchange, content, response.headers))

    def _body(self, exchange: Exchange) -> bytes | None:
        if exchange.json is not None:
            return self._filled(orjson.dumps(exchange.json).decode()).encode()
        if exchange.archive is not None:
            return archive_of(exchange.archive)
        return None if exchange.text is None else exchange.text.encode()

    def _filled(self, text: str) -> str:
        return _NAME.sub(lambda found: str(self.values[found[1]]), text)

    def _compared(self, exchange: Exchange, content: bytes, headers: Mapping[str, str]) -> Iterator[str]:
        if exchange.answer is not None:
            yield from self._mismatches("answer", exchange.answer, orjson.loads(content))
        if exchange.answer_text is not None and exchange.answer_text != content.decode():
            yield f"text {content!r}"
        if exchange.answer_archive is not None and exchange.answer_archive != _files(content):
            yield f"archive of {_files(content)}"
        for name, value in exchange.answer_headers.items():
            yield from self._mismatches(name, self._filled(value), headers.get(name))

    def _mismatches(self, place: str, expected: Any, found: Any) -> Iterator[str]:
        if isinstance(expected, Mapping) and isinstance(found, Mapping):
            for key, value in expected.items():
                if value == _ABSENT and key in found:
                    yield f"{place}.{key} is there: {found[key]!r}"
                elif value != _ABSENT:
                    yield from self._mismatches(f"{place}.{key}", value, found.get(key, _ABSENT))
        elif isinstance(expected, list) and isinstance(found, list) and len(expected) == len(found):
            for index, value in enumerate(expected):
                yield from self._mismatches(f"{place}[{index}]", value, found[index])
        elif isinstance(expected, str) and (name := _NAME.fullmatch(expected)):
            if found in (None, _ABSENT) or self.values.setdefault(name[1], found) != found:
                yield f"{place} is {found!r}, not {expected} {self.values.get(name[1])!r}"
        elif expected != found:
            yield f"{place} is {found!r}, not {expected!r}"


def _headers(exchange: Exchange) -> Mapping[str, str]:
    return {aiohttp.hdrs.CONTENT_TYPE: "application/json"} if exchange.json is not None else exchange.headers


def _files(content: bytes) -> Mapping[str, str]:
    """The files of a gzipped tar, by name."""
    with tarfile.open(fileobj=io.BytesIO(content), mode="r:gz") as tar:
        members = [(member.name.removeprefix("./"), tar.extractfile(member)) for member in tar if member.isfile()]
        return {name: file.read().decode() for name, file in members if file}
