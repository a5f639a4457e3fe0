"""What the sinks have in common that show a status beside a commit."""

import abc
import urllib.parse
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import attrs

from stroem.definitions.values import Json
from stroem.forges.commit_order import CommitOrder
from stroem.forges.commit_status import (
    CommitStatus,
    check_template,
    description_of,
    filled,
    is_path,
    place_of,
    shortened,
    state_of,
)
from stroem.forges.git_hosts import usual_host
from stroem.forges.http_client import Answer, HostApi
from stroem.interfaces.event_sink import DeliveryFailed, DeliveryRefused, EventSink
from stroem.interfaces.options import option_error
from stroem.records.event import Event

_SAID_LENGTH = 200
_PASSING = frozenset({408, 409, 423, 425, 429})


def _check_token(_: object, attribute: "attrs.Attribute[Any]", value: str) -> None:
    if not value or not value.isascii() or not value.isprintable() or " " in value:
        raise option_error(attribute.name, "is empty, or has signs in it that no token has")


@attrs.frozen(kw_only=True)
class StatusRequest:
    """How a host is told: `path` comes behind the address of its API, quoted."""

    path: str
    headers: Mapping[str, str]
    body: Mapping[str, Json]


@attrs.define(kw_only=True, slots=False, eq=False)
class CommitStatusSink(EventSink, abc.ABC):
    """A sink for one git host. The token goes to that host only, whatever address a workspace has: to the API that
    `host` has, or `api_url`. Of workspaces whose source is elsewhere nothing is told, unless `repository` is set.

    A subclass says by `default_host` which host is meant when none is set, by `description_length` how much text the
    host takes, and by `token_help` what kind of token does.
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
        self._host = usual_host(host or "")
        self._api = HostApi(self.ca_bundle)
        self._order = CommitOrder()

    @abc.abstractmethod
    def api_of(self, host: str) -> str:
        """The address of the API of a host."""

    def host_of(self, api_host: str) -> str:
        """The host whose API is there."""
        return api_host

    @abc.abstractmethod
    def request(self, status: CommitStatus) -> StatusRequest:
        """How the host is told."""

    def is_known(self, answer: Answer) -> bool:
        """Whether the host refuses because it shows that state already, or a later one."""
        return False

    def wants(self, event: Event) -> bool:
        """Events that say something of a commit which this host has."""
        return state_of(event) is not None and (self.repository is not None or self._is_here(event.origin))

    async def deliver(self, event: Event) -> None:
        """Shows the status; not when a newer one is shown."""
        status = self._status(event)
        async with self._order.turn((status.repository, status.commit, status.context), event.id) as is_newest:
            if is_newest:
                await self._tell(status)

    async def close(self) -> None:
        """Closes the connections."""
        await self._api.close()

    def _checked_api(self) -> tuple[str, str]:
        """The host of the API, and the path under which the whole host lies."""
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

    def _is_here(self, origin: str | None) -> bool:
        place = place_of(origin)
        return place is not None and place.host == self._host

    def _status(self, event: Event) -> CommitStatus:
        state, repository = state_of(event), self._repository(event)
        if state is None or event.revision is None:
            raise DeliveryRefused(f"an event {event.kind} says nothing of a commit")
        return CommitStatus(
            repository=repository,
            commit=event.revision,
            state=state,
            description=description_of(event, self.description_length),
            context=shortened(filled(self.context, event), 255),
            link=filled(self.link, event, in_url=True) if self.link else None,
        )

    def _repository(self, event: Event) -> str:
        if self.repository is not None:
            return self.repository.strip("/")
        place = place_of(event.origin)
        if place is None or not self._is_here(event.origin):
            raise DeliveryRefused(f"the source of workspace {event.workspace} is not at {self._host}: set `repository`")
        return place.path.removeprefix(f"{self._prefix}/") if self._prefix else place.path

    async def _tell(self, status: CommitStatus) -> None:
        request = self.request(status)
        answer = await self._api.post(f"{self._api_url}/{request.path}", request.headers, request.body)
        if not 200 <= answer.status < 300 and not self.is_known(answer):
            raise self._failure(answer, status)

    def _failure(self, answer: Answer, status: CommitStatus) -> Exception:
        said = shortened(answer.said.replace(self.token, "***"), _SAID_LENGTH)
        quoted = f"{answer.status}: {said}" if said else str(answer.status)
        if answer.status in _PASSING or answer.status >= 500 or _is_rate_limit(answer):
            wait = answer.headers.get("retry-after", "")
            later = f", asks to wait {wait} seconds" if wait.isascii() and wait.isdigit() and len(wait) < 8 else ""
            return DeliveryFailed(f"{self._host} answers {quoted}{later}")
        advice = {
            401: f"the token is wrong or has expired: {self.token_help}",
            403: f"the token may not do this: {self.token_help}",
            404: f"there is no repository {status.repository} or commit {status.commit[:12]}, or the token may not see "
            f"them: {self.token_help}",
        }.get(answer.status, f"it does not take the status of {status.repository} at {status.commit[:12]}")
        if 300 <= answer.status < 400:
            advice = f"{status.repository} has moved: set `repository`, or the new address at the workspace's source"
        return DeliveryRefused(f"{self._host} answers {quoted}; {advice}")


def _is_rate_limit(answer: Answer) -> bool:
    """GitHub says 403 also to those who ask too often."""
    exhausted = answer.headers.get("x-ratelimit-remaining") == "0"
    return answer.status == 403 and (exhausted or "retry-after" in answer.headers)
