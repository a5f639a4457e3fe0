"""The server's API, without the browser."""

import urllib.parse
import urllib.request
from typing import Any

import attrs
import orjson

from stroem.store.jobs.jobs import TERMINAL
from tests.support.programs import PATIENCE_SECS
from tests.support.wait import eventually_blocking


@attrs.frozen
class Api:
    """Requests to a server; they must succeed. They may bear a token, and come from a `source` by a proxy."""

    address: str
    token: str = attrs.field(default="", repr=False)
    source: str = ""

    def get(self, path: str, **query: str | int) -> Any:
        """The JSON at a path."""
        return self._send("GET", f"{path}?{urllib.parse.urlencode(query)}" if query else path)

    def post(self, path: str, body: Any = None) -> Any:
        """The JSON that answers a POST."""
        return self._send("POST", path, orjson.dumps({} if body is None else body))

    def put(self, path: str, body: Any) -> Any:
        """The JSON that answers a PUT."""
        return self._send("PUT", path, orjson.dumps(body))

    def start(self, task: str, workspace: str = "default", **values: Any) -> str:
        """Starts a job and returns its id."""
        answer = self.post(f"/api/workspaces/{workspace}/tasks/{task}/execute", {"input": values})
        return str(answer["job_id"])

    def await_job(self, job_id: str, *statuses: str) -> Any:
        """The job once it has one of the statuses; without any, once it has ended."""

        def found() -> Any:
            job = self.get(f"/api/jobs/{job_id}")
            return job if job["status"] in (statuses or TERMINAL) else None

        return eventually_blocking(found, f"job {job_id} is {' or '.join(statuses or TERMINAL)}")

    def run(self, task: str, workspace: str = "default", **values: Any) -> Any:
        """Runs a job to its end and returns it."""
        return self.await_job(self.start(task, workspace, **values))

    def _send(self, method: str, path: str, body: bytes | None = None) -> Any:
        head = {"Content-Type": "application/json"} if body is not None else {}
        if self.token:
            head["Authorization"] = f"Bearer {self.token}"
        if self.source:
            head["X-Forwarded-For"] = self.source
        request = urllib.request.Request(self.address + path, data=body, headers=head, method=method)
        with urllib.request.urlopen(request, timeout=PATIENCE_SECS) as response:
            return orjson.loads(response.read())
