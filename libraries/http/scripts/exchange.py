"""One request and its answer, with the time that it took and the certificate that was shown."""

import base64
import http.client
import math
import os
import socket
import ssl
import sys
import time
import urllib.parse
from collections.abc import Callable
from typing import NamedTuple, NoReturn

MOST_BYTES = 1024 * 1024
MOST_REDIRECTS = 5
REDIRECTS = (301, 302, 303, 307, 308)


class Answer(NamedTuple):
    """What came back. `tls_days` is how long the certificate is still valid, None without one."""

    status: int
    headers: dict[str, str]
    body: bytes
    latency_ms: int
    url: str
    tls_days: int | None

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode("utf-8", "replace")


class NoAnswer(Exception):
    """There was no answer. The message says why."""


def fail(message: str) -> NoReturn:
    """Ends the step with a sentence."""
    sys.stderr.write(f"{message}\n")
    sys.exit(1)


def setting(name: str) -> str:
    """What the action says."""
    return os.environ.get(f"HTTP_{name}", "")


def number(name: str, least: int, most: int) -> int:
    """A whole number that the action says, within bounds."""
    given = setting(name)
    if not given.isascii() or not given.isdigit() or not least <= int(given) <= most:
        fail(f"`{name.lower()}` is {given!r}: it must be a number from {least} to {most}")
    return int(given)


def is_right(status: int) -> bool:
    """Whether the action asks for this status."""
    for part in setting("STATUS").split(","):
        first, _, last = part.strip().partition("-")
        if not first.isdigit() or (last and not last.isdigit()):
            fail(f"`status` is {setting('STATUS')!r}: write it like 200, 200-299 or 200,404")
        if int(first) <= status <= int(last or first):
            return True
    return False


def until_right(problem_of: Callable[[Answer], str | None]) -> tuple[Answer, int]:
    """The first answer without a problem and the number of attempts. Ends the step when there is none."""
    most, pause = number("ATTEMPTS", 1, 20), number("PAUSE_SECS", 0, 300)
    for attempt in range(1, most + 1):
        try:
            answer = _answer()
            problem = problem_of(answer)
        except NoAnswer as error:
            problem = str(error)
        if problem is None:
            return answer, attempt
        if attempt < most:
            sys.stderr.write(f"attempt {attempt} of {most}: {problem}; the next is in {pause} s\n")
            sys.stderr.flush()
            time.sleep(pause)
    fail(f"{_shown(setting('URL'))}: {problem}")


def _answer() -> Answer:
    """What an address answers after its redirects. Credentials go to the host that they are for, and to no other."""
    url, method = setting("URL"), setting("METHOD")
    first = _origin(url)
    follows = setting("FOLLOW") == "true" and method in ("GET", "HEAD")
    began = time.monotonic()
    for _ in range(MOST_REDIRECTS + 1):
        answer = _exchange(url, method, began, is_home=_origin(url) == first)
        if not follows or answer.status not in REDIRECTS or "location" not in answer.headers:
            return answer
        url = urllib.parse.urljoin(url, answer.headers["location"])
    raise NoAnswer(f"more than {MOST_REDIRECTS} redirects")


def _exchange(url: str, method: str, began: float, *, is_home: bool) -> Answer:
    parts = urllib.parse.urlsplit(url)
    connection = _connection(parts)
    path = urllib.parse.urlunsplit(("", "", parts.path or "/", parts.query, ""))
    try:
        connection.connect()
        tls_days = _tls_days(connection.sock)
        body = setting("BODY").encode() if method not in ("GET", "HEAD", "OPTIONS") else None
        connection.request(method, path, body=body, headers=_headers(is_home=is_home))
        response = connection.getresponse()
        content = response.read(MOST_BYTES)
        latency_ms = round((time.monotonic() - began) * 1000)
    except (OSError, ValueError, http.client.HTTPException) as error:
        raise NoAnswer(_reason(error)) from None
    finally:
        connection.close()
    headers = {name.lower(): value for name, value in response.getheaders()}
    return Answer(response.status, headers, content, latency_ms, url, tls_days)


def _connection(parts: urllib.parse.SplitResult) -> http.client.HTTPConnection:
    timeout = number("TIMEOUT_SECS", 1, 3600)
    try:
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    if parts.scheme not in ("http", "https") or not host:
        fail(f"{_shown(parts.geturl())} is no address that begins with https:// or http://")
    if parts.username is not None:
        fail("the address holds credentials: put them into a connection and name it with `auth`")
    if parts.scheme == "http":
        return http.client.HTTPConnection(host, port, timeout=timeout)
    try:
        context = ssl.create_default_context(cadata=setting("CA") or None)
    except (ssl.SSLError, ValueError) as error:
        fail(f"`ca` of the connection is no certificate in PEM: {error}")
    return http.client.HTTPSConnection(host, port, timeout=timeout, context=context)


def _headers(*, is_home: bool) -> dict[str, str]:
    headers = {"User-Agent": "stroem-http", "Accept": "*/*"}
    for line in setting("HEADERS").splitlines():
        name, colon, value = line.partition(":")
        if colon:
            headers[name.strip()] = value.strip()
        elif line.strip():
            fail("`headers` holds a line that is not like `Name: value`")
    if not is_home:
        return headers
    if setting("TOKEN"):
        headers["Authorization"] = f"Bearer {setting('TOKEN')}"
    elif setting("USERNAME"):
        pair = f"{setting('USERNAME')}:{setting('PASSWORD')}".encode()
        headers["Authorization"] = f"Basic {base64.b64encode(pair).decode()}"
    if setting("HEADER"):
        headers[setting("HEADER")] = setting("VALUE")
    return headers


def _tls_days(connection: socket.socket | None) -> int | None:
    if not isinstance(connection, ssl.SSLSocket):
        return None
    shown = connection.getpeercert() or {}
    ends = shown.get("notAfter")
    return math.floor((ssl.cert_time_to_seconds(str(ends)) - time.time()) / 86400) if ends else None


def _origin(url: str) -> tuple[str, str]:
    parts = urllib.parse.urlsplit(url)
    return parts.scheme, parts.netloc


def _reason(error: Exception) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not good: {error.verify_message}"
    if isinstance(error, socket.timeout):
        return f"no answer within {setting('TIMEOUT_SECS')} s"
    return str(error) or type(error).__name__


def _shown(url: str) -> str:
    """An address without what may be secret in it."""
    return urllib.parse.urlunsplit(urllib.parse.urlsplit(url)._replace(query="", fragment="")).rpartition("@")[2]
