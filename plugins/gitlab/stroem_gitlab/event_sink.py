"""Commit statuses on GitLab."""

import urllib.parse
from collections.abc import Mapping
from typing import ClassVar

import attrs

from stroem.forges.commit_status import CommitStatus, State
from stroem.forges.commit_status_sink import CommitStatusSink, StatusRequest
from stroem.forges.http_client import Response

_STATES: Mapping[State, str] = {"pending": "pending", "success": "success", "failure": "failed", "error": "failed"}


@attrs.define(kw_only=True, slots=False, eq=False)
class GitlabSink(CommitStatusSink):
    """Commit statuses on gitlab.com, or on the GitLab server at `host`."""

    name: ClassVar[str] = "gitlab"
    default_host: ClassVar[str | None] = "gitlab.com"
    description_length: ClassVar[int] = 255
    token_help: ClassVar[str] = "make one of the project with the scope `api` and the role Developer"  # noqa: S105

    def api_of(self, host: str) -> str:
        """The URL of GitLab's API."""
        return f"https://{host}/api/v4"

    def request(self, status: CommitStatus) -> StatusRequest:
        """Adds a status, which GitLab shows as a job of an external pipeline."""
        project = urllib.parse.quote(status.repository, safe="")
        return StatusRequest(
            path=f"projects/{project}/statuses/{status.commit}",
            headers={"PRIVATE-TOKEN": self.token},
            body={"state": _STATES[status.state], "name": status.context, **status.common_fields},
        )

    def is_current(self, response: Response) -> bool:
        """Older versions refuse an unchanged state, and a change of a final one."""
        return response.status == 400 and "Cannot transition status" in response.message
