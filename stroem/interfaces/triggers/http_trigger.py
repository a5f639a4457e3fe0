"""Triggers that answer HTTP requests."""

import datetime
from collections.abc import Mapping, Sequence
from typing import Final, Literal

import attrs

from stroem.definitions.values import Json
from stroem.interfaces.triggers.trigger_type import Fire, TriggerType


@attrs.frozen(kw_only=True)
class HookRequest:
    """A received request. Names of `headers` are in lower case.

    `remote` is the address of the client, behind trusted proxies that which they name; `is_proxied` is true if it came
    through one. `at` is the time of receipt.
    """

    method: str
    headers: Mapping[str, str]
    query: Mapping[str, str]
    body: bytes
    remote: str
    at: datetime.datetime
    is_proxied: bool = False


@attrs.frozen(kw_only=True)
class HookFile:
    """A file of a request, an artifact of the job: its name, its bytes, its content type."""

    name: str
    data: bytes
    content_type: str


@attrs.frozen(kw_only=True)
class Delivery:
    """A request that starts a job.

    `is_keyed` is true if the fire's key is an id of the sender's: a second request with it starts no job. `headers` and
    `query` are what may be stored of the request, without secrets. `unredacted` is the context of the fire with what
    is not stored, for `dedup_key` alone; None if nothing is left out.
    """

    fire: Fire
    is_keyed: bool
    headers: Mapping[str, str]
    query: Mapping[str, str]
    files: Sequence[HookFile] = ()
    unredacted: Mapping[str, Json] | None = attrs.field(default=None, repr=False)


@attrs.frozen(kw_only=True)
class HookReply:
    """An answer without a job, such as to a handshake. `reason` is for the list of deliveries."""

    status: int
    body: bytes = b""
    content_type: str = "application/json"
    reason: str = ""


class HookRefused(Exception):
    """The request is not authentic. The message gives the reason for the list of deliveries, without secrets.

    `status` is 401, 403 or 400; `told` is the message to the client, which helps no attacker.
    """

    def __init__(self, reason: str, *, status: int = 401, told: str = "Invalid or missing secret") -> None:
        super().__init__(reason)
        self.status = status
        self.told = told


@attrs.frozen(kw_only=True)
class Respond:
    """The answer to a request whose job has ended: templates over `output`, `status`, `job_id` and the fire."""

    status: int | str = 200
    headers: dict[str, str] = attrs.Factory(dict)
    body: Json = None


class HttpTrigger(TriggerType):
    """A type of triggers that answer requests to `/hooks/{hook_name}` and `/hooks/{workspace}/{hook_name}`."""

    @property
    def hook_name(self) -> str:
        """The name in the path of the requests."""
        raise NotImplementedError

    @property
    def wait_secs(self) -> int | None:
        """Seconds for which a request waits for the end of its job; None if it is answered at once."""
        return None

    @property
    def rate(self) -> str | None:
        """Most requests in a time, like `60 per minute`; None without a limit."""
        return None

    @property
    def dedup_key(self) -> str | None:
        """A template over the fire for its key, if its result is not empty; None for the key of the fire."""
        return None

    @property
    def response(self) -> Respond | None:
        """The answer to a request whose job has ended; None for that of the contract."""
        return None

    def check_head(self, request: HookRequest) -> None:
        """Checks headers and query before the body is received; `body` is empty. Raises `HookRefused`."""
        return

    async def read(self, request: HookRequest) -> Delivery | HookReply:
        """Authenticates a request and reads it. Raises `HookRefused`."""
        await self.authenticate(request)
        return self.parse(request)

    async def authenticate(self, request: HookRequest) -> None:
        """Authenticates a request in constant time. Raises `HookRefused`."""
        raise NotImplementedError

    def parse(self, request: HookRequest) -> Delivery | HookReply:
        """Reads a request that was authenticated. Raises `HookRefused` if it cannot be read.

        The inputs of the fire, those that `gives` names, are roots of its context.
        """
        raise NotImplementedError

    async def check_reader(self, request: HookRequest) -> None:
        """Authenticates a request for the status of a job that a request made. Raises `HookRefused`."""
        raise NotImplementedError


HIDDEN: Final = "••••••"
"""In the place of what is not stored of a request."""

Verdict = Literal["started", "filtered", "duplicate", "refused", "rate_limited", "answered", "debounced", "failed"]
"""The outcome of a request: `answered` without a job, `failed` if its job could not be created."""
