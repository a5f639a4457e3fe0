"""Requests to a provider: JSON over verified TLS, bounded in size and time, without redirects."""

import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import attrs
import orjson

from stroem.conversion.bounded import read_bounded
from stroem.conversion.text import one_line
from stroem.conversion.web_address import parse_authority
from stroem.http_client.session import open_session
from stroem.interfaces.authenticator import SignInUnavailable

if TYPE_CHECKING:
    import aiohttp

_SECS = 10
_MOST_BYTES = 1024 * 1024
_CONNECTIONS = 8
_SHOWN = 200


@attrs.frozen(kw_only=True)
class Answer:
    """A provider's answer: the status, and the members of its JSON object."""

    status: int
    members: Mapping[str, Any] = attrs.field(repr=False)

    @property
    def error(self) -> str:
        """The error of OAuth in it, on one line."""
        told = [str(self.members.get(name) or "") for name in ("error", "error_description")]
        return one_line(": ".join(filter(None, told)))[:_SHOWN] or f"status {self.status}"


class WebClient:
    """Asks a provider. Certificates are verified against the system's authorities or those in `ca_bundle`."""

    def __init__(self, ca_bundle: Path | None = None) -> None:
        self._ca_bundle = ca_bundle
        self._session: aiohttp.ClientSession | None = None

    async def get(self, url: str, token: str | None = None) -> Answer:
        """Gets a JSON object; `token` is borne. Raises `SignInUnavailable`."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return await self._ask("GET", url, headers=headers)

    async def post_form(self, url: str, fields: Mapping[str, str], headers: Mapping[str, str]) -> Answer:
        """Posts a form, which is answered with a JSON object. Raises `SignInUnavailable`."""
        return await self._ask("POST", url, data=fields, headers=headers)

    async def close(self) -> None:
        """Closes the connections."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def _ask(self, method: str, url: str, *, headers: Mapping[str, str], **more: Any) -> Answer:
        import aiohttp  # slow to load, and each command loads the registry

        host = urlsplit(url).netloc.rpartition("@")[2]
        try:
            session = self._open()
            accept = {"Accept": "application/json", **headers}
            async with session.request(method, url, headers=accept, **more) as response:
                body = await read_bounded(response.content.iter_any(), _MOST_BYTES)
                return Answer(status=response.status, members=_members(body, host))
        except TimeoutError:
            raise SignInUnavailable(f"{host} did not answer within {_SECS} s") from None
        except aiohttp.ClientConnectorCertificateError:
            message = f"the certificate of {host} is not trusted; name its authorities with `ca_bundle`"
            raise SignInUnavailable(message) from None
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise SignInUnavailable(f"{host} cannot be asked: {one_line(str(error) or type(error).__name__)}") from None

    def _open(self) -> "aiohttp.ClientSession":
        import aiohttp  # as above

        if self._session is None:
            trust = ssl.create_default_context(cafile=self._ca_bundle)
            self._session = open_session(
                None,
                connector=aiohttp.TCPConnector(limit=_CONNECTIONS, ssl=trust),
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=aiohttp.ClientTimeout(total=_SECS),
            )
        return self._session


def is_safe_url(url: object, *, loopback: bool) -> bool:
    """Whether an address is one of `https`, or of `http` on loopback where that is allowed."""
    if not isinstance(url, str) or not url.isascii() or not url.isprintable():
        return False
    try:
        parts = urlsplit(url)
        authority = parse_authority(parts.netloc)
    except ValueError:
        return False
    if authority is None or parts.fragment:
        return False
    return parts.scheme == "https" or (loopback and parts.scheme == "http" and authority.is_loopback)


def _members(body: bytes, host: str) -> Mapping[str, Any]:
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError:
        value = None
    if not isinstance(value, dict):
        raise SignInUnavailable(f"{host} answers with something that is no JSON object")
    return value
