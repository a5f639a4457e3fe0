"""Commit statuses on GitHub."""

import urllib.parse
from typing import ClassVar

import attrs

from stroem.forges.commit_status import CommitStatus
from stroem.forges.commit_status_sink import CommitStatusSink, StatusRequest


@attrs.define(kw_only=True, slots=False, eq=False)
class GithubSink(CommitStatusSink):
    """Commit statuses on GitHub, or on the GitHub Enterprise server at `host`."""

    name: ClassVar[str] = "github"
    default_host: ClassVar[str | None] = "github.com"
    description_length: ClassVar[int] = 140
    token_help: ClassVar[str] = "make one with the permission `Commit statuses: read and write`"  # noqa: S105

    def api_of(self, host: str) -> str:
        """The URL of GitHub's API; github.com and ghe.com have it on a separate host."""
        if host.lower() == "github.com" or host.lower().endswith(".ghe.com"):
            return f"https://api.{host}"
        return f"https://{host}/api/v3"

    def host_of(self, api_host: str) -> str:
        """The host of an API's host name, the reverse of `api_of`."""
        return api_host.removeprefix("api.") if api_host.endswith((".github.com", ".ghe.com")) else api_host

    def request(self, status: CommitStatus) -> StatusRequest:
        """Adds a status, which GitHub shows as the newest of its context."""
        return StatusRequest(
            path=f"repos/{urllib.parse.quote(status.repository)}/statuses/{status.commit}",
            headers={
                "Authorization": f"Bearer {self.token}",
                "Accept": "application/vnd.github+json",
                "X-GitHub-Api-Version": "2022-11-28",
            },
            body={"state": status.state, "context": status.context, **status.common_fields},
        )
