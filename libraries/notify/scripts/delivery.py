"""Posts a body to an address that may be a secret, and tries again where that may help."""

import http.client
import json
import os
import ssl
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from typing import NoReturn

TIMEOUT_SECS = 20
LONGEST_PAUSE_SECS = 30
PASSING = (408, 425, 429, 500, 502, 503, 504)


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        return None


def fail(message: str) -> NoReturn:
    """Ends the step with a sentence."""
    sys.stderr.write(f"{message}\n")
    sys.exit(1)


def setting(name: str) -> str:
    """What the action says."""
    return os.environ.get(f"NOTIFY_{name}", "")


def tls(ca: str) -> ssl.SSLContext:
    """Verifies the other side by the system's authorities, or by those in a PEM text alone."""
    try:
        return ssl.create_default_context(cadata=ca or None)
    except (ssl.SSLError, ValueError) as error:
        fail(f"`ca` of the connection is no certificate in PEM: {error}")


def attempts() -> int:
    """How often to try."""
    given = setting("ATTEMPTS")
    if not given.isascii() or not given.isdigit() or not 1 <= int(given) <= 10:
        fail(f"`attempts` is {given!r}: it must be a number from 1 to 10")
    return int(given)


def post_json(payload: object) -> None:
    """Posts a value as JSON and prints the step's output. Ends the step if that fails."""
    deliver(json.dumps(payload, ensure_ascii=False).encode(), {})


def deliver(body: bytes, headers: dict[str, str]) -> None:
    """Posts JSON text with further headers and prints the step's output. Ends the step if that fails."""
    url, most = setting("URL"), attempts()
    parts = urllib.parse.urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        fail("`url` of the connection is no address that begins with https:// or http://")
    opener = urllib.request.build_opener(urllib.request.HTTPSHandler(context=tls(setting("CA"))), _NoRedirects)
    headers = {"Content-Type": "application/json; charset=utf-8", "User-Agent": "stroem-notify", **headers}
    for attempt in range(1, most + 1):
        request = urllib.request.Request(url, data=body, headers=headers, method="POST")  # noqa: S310 (looked at above)
        status, reason, pause = _try(opener, request)
        if status is not None and 200 <= status < 300:
            sys.stdout.write(f"{parts.hostname} answered {status}\n")
            sys.stdout.write(f"OUTPUT: {json.dumps({'status': status, 'attempts': attempt})}\n")
            return
        if attempt == most or (status is not None and status not in PASSING):
            fail(f"{parts.hostname} did not take the message, attempt {attempt} of {most}: {reason}")
        pause = min(pause if pause is not None else 2.0 ** (attempt - 1), LONGEST_PAUSE_SECS)
        sys.stderr.write(f"{parts.hostname}: {reason}; next attempt in {pause:g} s\n")
        sys.stderr.flush()
        time.sleep(pause)


def _try(
    opener: urllib.request.OpenerDirector, request: urllib.request.Request
) -> tuple[int | None, str, float | None]:
    """The status, what went wrong, and how long the other side asks to wait in seconds."""
    try:
        with opener.open(request, timeout=TIMEOUT_SECS) as response:
            return response.status, "", None
    except urllib.error.HTTPError as error:
        with error:
            said = " ".join(error.read(500).decode("utf-8", "replace").split())
        wait = error.headers.get("Retry-After", "")
        return error.code, f"{error.code} {said}".strip(), float(wait) if wait.isascii() and wait.isdigit() else None
    except urllib.error.URLError as error:
        return None, str(error.reason), None
    except (OSError, http.client.HTTPException) as error:
        return None, str(error) or type(error).__name__, None
