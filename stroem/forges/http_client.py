"""HTTP client for the APIs of git hosts."""

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
_MAX_RESPONSE_BYTES = 64 * 1024


@attrs.frozen(kw_only=True)
class Response:
    """A host's response. `body` has at most 64 KiB; names of `headers` are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def message(self) -> str:
        """The error message in the body; empty without one."""
        try:
            value = orjson.loads(self.body)
        except orjson.JSONDecodeError:
            return ""
        found = (value.get("message") or value.get("error")) if isinstance(value, dict) else None
        return found if isinstance(found, str) else orjson.dumps(found).decode() if found else ""


class HostClient:
    """Posts JSON.

    Certificates are verified against the system's authorities or those in `ca_bundle`. Redirects are not followed,
    since the token would be sent along.
    """

    def __init__(self, ca_bundle: Path | None) -> None:
        self._ca_bundle = ca_bundle
        self._session: aiohttp.ClientSession | None = None

    async def post(self, url: str, headers: Mapping[str, str], body: Json) -> Response:
        """Posts JSON to a percent-encoded URL. Raises `DeliveryFailed` without a response."""
        import aiohttp  # slow to load, and `stroem plugins` loads every sink
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
                return Response(
                    status=response.status,
                    headers={name.lower(): value for name, value in response.headers.items()},
                    body=await response.content.read(_MAX_RESPONSE_BYTES),
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
