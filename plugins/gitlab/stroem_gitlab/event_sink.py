"""Commit statuses on GitLab."""

import urllib.parse
from collections.abc import Mapping
from typing import ClassVar

import attrs

from stroem.forges.commit_status import CommitStatus, State
from stroem.forges.commit_status_sink import CommitStatusSink, StatusRequest
from stroem.forges.http_client import Answer

_STATES: Mapping[State, str] = {"pending": "pending", "success": "success", "failure": "failed", "error": "failed"}


@attrs.define(kw_only=True, slots=False, eq=False)
class GitlabSink(CommitStatusSink):
    """gitlab.com, or a GitLab that `host` names."""

    name: ClassVar[str] = "gitlab"
    default_host: ClassVar[str | None] = "gitlab.com"
    description_length: ClassVar[int] = 255
    token_help: ClassVar[str] = "make one of the project with the scope `api` and the role Developer"  # noqa: S105

    def api_of(self, host: str) -> str:
        """Where GitLab has its API."""
        return f"https://{host}/api/v4"

    def request(self, status: CommitStatus) -> StatusRequest:
        """A status, which GitLab shows as a job of an external pipeline."""
        project = urllib.parse.quote(status.repository, safe="")
        return StatusRequest(
            path=f"projects/{project}/statuses/{status.commit}",
            headers={"PRIVATE-TOKEN": self.token},
            body={"state": _STATES[status.state], "name": status.context, **status.text},
        )

    def is_known(self, answer: Answer) -> bool:
        """Older versions refuse to be told the same state twice, and to go back from a final one."""
        return answer.status == 400 and "Cannot transition status" in answer.said
