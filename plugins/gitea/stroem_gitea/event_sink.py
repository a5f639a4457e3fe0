"""Commit statuses on Gitea and Forgejo."""

import urllib.parse
from typing import ClassVar

import attrs

from stroem.forges.commit_status import CommitStatus
from stroem.forges.commit_status_sink import CommitStatusSink, StatusRequest


@attrs.define(kw_only=True, slots=False, eq=False)
class GiteaSink(CommitStatusSink):
    """Commit statuses on the Gitea or Forgejo server at `host`."""

    name: ClassVar[str] = "gitea"
    description_length: ClassVar[int] = 255
    token_help: ClassVar[str] = "make one with the permission `repository: read and write`"  # noqa: S105

    def api_of(self, host: str) -> str:
        """The URL of Gitea's API."""
        return f"https://{host}/api/v1"

    def request(self, status: CommitStatus) -> StatusRequest:
        """Adds a status, which Gitea shows as the newest of its context."""
        return StatusRequest(
            path=f"repos/{urllib.parse.quote(status.repository)}/statuses/{status.commit}",
            headers={"Authorization": f"token {self.token}", "Accept": "application/json"},
            body={"state": status.state, "context": status.context, **status.common_fields},
        )
