"""Base class of event sinks that set commit statuses."""

import abc
import asyncio
import contextlib
import urllib.parse
import weakref
from collections import OrderedDict
from collections.abc import AsyncIterator, Hashable, Mapping
from pathlib import Path
from typing import Any, ClassVar

import attrs

from stroem.definitions.values import Json
from stroem.forges.commit_status import (
    CommitStatus,
    check_template,
    description_of,
    fill_template,
    is_path,
    repository_of,
    shortened,
    state_of,
)
from stroem.forges.git_hosts import canonical_host
from stroem.forges.http_client import HostClient, Response
from stroem.interfaces.event_sink import DeliveryFailed, DeliveryRefused, EventSink
from stroem.interfaces.options import option_error
from stroem.records.event import Event

_MESSAGE_LENGTH = 200
_REMEMBERED_COMMITS = 1000
_TEMPORARY = frozenset({408, 409, 423, 425, 429})


def _check_token(_: object, attribute: "attrs.Attribute[Any]", value: str) -> None:
    if not value or not value.isascii() or not value.isprintable() or " " in value:
        raise option_error(attribute.name, "is empty, or has signs in it that no token has")


@attrs.frozen(kw_only=True)
class StatusRequest:
    """A POST to the host's API. `path` is relative to the API's URL and percent-encoded."""

    path: str
    headers: Mapping[str, str]
    body: Mapping[str, Json]


class CommitOrder:
    """Keeps statuses of a commit in the order of their events. Remembers the last 1,000 commits."""

    def __init__(self) -> None:
        self._locks: weakref.WeakValueDictionary[Hashable, asyncio.Lock] = weakref.WeakValueDictionary()
        self._last: OrderedDict[Hashable, int] = OrderedDict()

    @contextlib.asynccontextmanager
    async def lock(self, commit: Hashable, event_id: int) -> AsyncIterator[bool]:
        """Locks the commit; yields False if a newer event was sent. An event counts as sent without an exception."""
        lock = self._locks.setdefault(commit, asyncio.Lock())
        async with lock:
            is_newest = event_id >= self._last.get(commit, event_id)
            yield is_newest
            if is_newest:
                self._last[commit] = event_id
                self._last.move_to_end(commit)
                if len(self._last) > _REMEMBERED_COMMITS:
                    self._last.popitem(last=False)


@attrs.define(kw_only=True, slots=False, eq=False)
class CommitStatusSink(EventSink, abc.ABC):
    """Sets commit statuses on one git host.

    The token is sent to that host only: to the API of `host`, or to `api_url`. Events of workspaces with a source on
    another host are ignored unless `repository` is set. A subclass gives the `default_host`, the host's maximum
    `description_length`, and as `token_help` the kind of token that it needs.
    """

    default_host: ClassVar[str | None] = None
    description_length: ClassVar[int]
    token_help: ClassVar[str]

    token: str = attrs.field(repr=False, validator=_check_token)
    host: str | None = None
    api_url: str | None = None
    repository: str | None = None
    context: str = attrs.field(default="stroem/{workspace}", validator=check_template)
    link: str | None = attrs.field(default=None, validator=check_template)
    ca_bundle: Path | None = None
    allow_http: bool = False

    def __attrs_post_init__(self) -> None:
        if self.repository is not None and not is_path(self.repository.strip("/")):
            raise option_error("repository", "is not a path like acme/flows")
        if self.host is None and self.api_url is None and self.default_host is None:
            raise option_error("host", "is required, unless api_url is set: the name of the git host")
        self._api_url = (self.api_url or self.api_of(self.host or self.default_host or "")).rstrip("/")
        api_host, self._prefix = self._checked_api()
        host = urllib.parse.urlsplit(f"//{self.host}").hostname if self.host else self.host_of(api_host)
        self._host = canonical_host(host or "")
        self._client = HostClient(self.ca_bundle)
        self._order = CommitOrder()

    @abc.abstractmethod
    def api_of(self, host: str) -> str:
        """The URL of a host's API."""

    def host_of(self, api_host: str) -> str:
        """The host of an API's host name."""
        return api_host

    @abc.abstractmethod
    def request(self, status: CommitStatus) -> StatusRequest:
        """The request that sets a status."""

    def is_current(self, response: Response) -> bool:
        """True if the host refuses because it has that state, or a later one, already."""
        return False

    def wants(self, event: Event) -> bool:
        """True for events about a commit on this host."""
        return state_of(event) is not None and (self.repository is not None or self._is_on_host(event.origin))

    async def deliver(self, event: Event) -> None:
        """Sets the status, unless a newer one is set."""
        status = self._status(event)
        async with self._order.lock((status.repository, status.commit, status.context), event.id) as is_newest:
            if is_newest:
                await self._send(status)

    async def close(self) -> None:
        """Closes the connections."""
        await self._client.close()

    def _checked_api(self) -> tuple[str, str]:
        """The host of the API, and the base path of the host's URLs."""
        option = "host" if self.api_url is None else "api_url"
        try:
            parts = urllib.parse.urlsplit(self._api_url)
            api_host, _ = parts.hostname, parts.port
        except ValueError as error:
            raise option_error(option, "is not an address") from error
        if not api_host or not self._api_url.isprintable() or " " in self._api_url:
            raise option_error(option, "is not an address")
        if parts.scheme not in ("http", "https") or "@" in parts.netloc or parts.query:
            raise option_error(option, "is not an address like https://git.example.com/api, without a login")
        if parts.scheme == "http" and not self.allow_http:
            raise option_error(option, "begins with http://, so that anybody may read the token; allow_http allows it")
        return api_host, parts.path.partition("/api")[0].strip("/")

    def _is_on_host(self, origin: str | None) -> bool:
        repository = repository_of(origin)
        return repository is not None and repository.host == self._host

    def _status(self, event: Event) -> CommitStatus:
        state, repository = state_of(event), self._repository(event)
        if state is None or event.revision is None:
            raise DeliveryRefused(f"an event {event.kind} says nothing of a commit")
        return CommitStatus(
            repository=repository,
            commit=event.revision,
            state=state,
            description=description_of(event, self.description_length),
            context=shortened(fill_template(self.context, event), 255),
            link=fill_template(self.link, event, in_url=True) if self.link else None,
        )

    def _repository(self, event: Event) -> str:
        if self.repository is not None:
            return self.repository.strip("/")
        repository = repository_of(event.origin)
        if repository is None or not self._is_on_host(event.origin):
            raise DeliveryRefused(f"the source of workspace {event.workspace} is not at {self._host}: set `repository`")
        return repository.path.removeprefix(f"{self._prefix}/") if self._prefix else repository.path

    async def _send(self, status: CommitStatus) -> None:
        request = self.request(status)
        response = await self._client.post(f"{self._api_url}/{request.path}", request.headers, request.body)
        if not 200 <= response.status < 300 and not self.is_current(response):
            raise self._failure(response, status)

    def _failure(self, response: Response, status: CommitStatus) -> Exception:
        message = shortened(response.message.replace(self.token, "***"), _MESSAGE_LENGTH)
        quoted = f"{response.status}: {message}" if message else str(response.status)
        if response.status in _TEMPORARY or response.status >= 500 or _is_rate_limit(response):
            wait = response.headers.get("retry-after", "")
            later = f", asks to wait {wait} seconds" if wait.isascii() and wait.isdigit() and len(wait) < 8 else ""
            return DeliveryFailed(f"{self._host} answers {quoted}{later}")
        advice = {
            401: f"the token is wrong or has expired: {self.token_help}",
            403: f"the token may not do this: {self.token_help}",
            404: f"there is no repository {status.repository} or commit {status.commit[:12]}, or the token may not see "
            f"them: {self.token_help}",
        }.get(response.status, f"it does not take the status of {status.repository} at {status.commit[:12]}")
        if 300 <= response.status < 400:
            advice = f"{status.repository} has moved: set `repository`, or the new address at the workspace's source"
        return DeliveryRefused(f"{self._host} answers {quoted}; {advice}")


def _is_rate_limit(response: Response) -> bool:
    """True for 403 as GitHub's response to too many requests."""
    exhausted = response.headers.get("x-ratelimit-remaining") == "0"
    return response.status == 403 and (exhausted or "retry-after" in response.headers)
