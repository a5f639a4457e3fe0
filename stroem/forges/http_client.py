"""Requests to the HTTP API of a git host."""

import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import attrs
import orjson

from stroem.definitions.values import Json
from stroem.interfaces.event_sink import DeliveryFailed

if TYPE_CHECKING:
    import aiohttp

TIMEOUT_SECS = 20
_CONNECTIONS = 4
_ANSWER_BYTES = 64 * 1024


@attrs.frozen(kw_only=True)
class Answer:
    """What the host answered; of a long body only the beginning. The names of `headers` are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def said(self) -> str:
        """The message in the body, empty when there is none."""
        try:
            value = orjson.loads(self.body)
        except orjson.JSONDecodeError:
            return ""
        found = (value.get("message") or value.get("error")) if isinstance(value, dict) else None
        return found if isinstance(found, str) else orjson.dumps(found).decode() if found else ""


class HostApi:
    """Posts JSON. Certificates are checked, by the system's authorities or by those in `ca_bundle`. No redirect is
    followed, since the token would go along.
    """

    def __init__(self, ca_bundle: Path | None) -> None:
        self._ca_bundle = ca_bundle
        self._session: aiohttp.ClientSession | None = None

    async def post(self, url: str, headers: Mapping[str, str], body: Json) -> Answer:
        """Posts to an address whose parts are quoted. Raises `DeliveryFailed` when there is no answer."""
        import aiohttp  # it takes long to load, and `stroem plugins` loads every sink
        import yarl

        address = yarl.URL(url, encoded=True)
        try:
            session = self._open()
            async with session.post(
                address,
                data=orjson.dumps(body),
                headers={"Content-Type": "application/json", "User-Agent": "stroem", **headers},
                allow_redirects=False,
            ) as response:
                return Answer(
                    status=response.status,
                    headers={name.lower(): value for name, value in response.headers.items()},
                    body=await response.content.read(_ANSWER_BYTES),
                )
        except TimeoutError as error:
            raise DeliveryFailed(f"{address.host} did not answer within {TIMEOUT_SECS} seconds") from error
        except aiohttp.ClientConnectorCertificateError as error:
            raise DeliveryFailed(
                f"the certificate of {address.host} is not trusted; name its authorities with `ca_bundle`"
            ) from error
        except (aiohttp.ClientError, OSError) as error:
            raise DeliveryFailed(f"{address.host} cannot be reached: {error or type(error).__name__}") from error

    async def close(self) -> None:
        """Closes the connections. A later request opens new ones."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    def _open(self) -> "aiohttp.ClientSession":
        import aiohttp  # as above

        if self._session is None:
            try:
                trust = ssl.create_default_context(cafile=self._ca_bundle)
            except (OSError, ssl.SSLError) as error:
                raise DeliveryFailed(f"ca_bundle {self._ca_bundle} cannot be read: {error}") from error
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=_CONNECTIONS, ssl=trust),
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=aiohttp.ClientTimeout(total=TIMEOUT_SECS),
            )
        return self._session
