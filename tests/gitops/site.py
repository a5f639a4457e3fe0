"""What tests do with a running server: set workspaces, push, look, run jobs."""

from collections.abc import Callable, Mapping
from typing import Any

import aiohttp

from tests.gitops.up import HOOK_SECRET, Up
from tests.support.wait import eventually

Json = dict[str, Any]

SCRIPT = "scripts/say.sh"


def says(text: str, task: str = "speak") -> dict[str, bytes]:
    """The files of a workspace whose one task prints a text from a script of its own."""
    flow = f"tasks:\n  {task}:\n    flow:\n      say: {{type: script, source: {SCRIPT}}}\n"
    return {".workflows/main.yaml": flow.encode(), SCRIPT: f"echo {text}\n".encode()}


def _follows(item: Json, options: Mapping[str, Any]) -> bool:
    return str(options["url"]).removeprefix("file://") in item["origin"] and item["checked_at"] is not None


class Site:
    """A server as its users see it."""

    def __init__(self, http: aiohttp.ClientSession, up: Up) -> None:
        self.http = http
        self.up = up
        self._added: list[str] = []

    async def get(self, path: str, **query: Any) -> Any:
        """The JSON at a path; it must be there."""
        async with self.http.get(path, params=query) as response:
            assert response.status == 200, await response.text()
            return await response.json()

    async def post(self, path: str, body: Any = None) -> Any:
        """The JSON answer; it must be a good one."""
        async with self.http.post(path, json=body or {}) as response:
            assert response.status < 300, await response.text()
            return await response.json()

    async def add(self, **workspaces: Mapping[str, Any]) -> None:
        """Writes git workspaces into the settings file, and waits until the server has them."""
        for name, options in workspaces.items():
            self.up.settings["workspaces"][name] = {"type": "git", "poll_interval_secs": 3600, **options}
            self._added.append(name)
        self.up.write()

        async def known() -> bool:
            items = {one["name"]: one for one in await self.get("/api/workspaces")}
            return all(name in items and _follows(items[name], options) for name, options in workspaces.items())

        await eventually(known, "the workspaces of the settings are there")

    async def close(self) -> None:
        """Takes out of the settings what was added, and waits until nobody follows it any more."""
        for name in self._added:
            self.up.settings["workspaces"].pop(name, None)
        self.up.write()

        async def gone() -> bool:
            return not {one["name"] for one in await self.get("/api/workspaces")}.intersection(self._added)

        await eventually(gone, "the workspaces are removed")

    async def workspace(self, name: str) -> Json:
        """How a workspace stands."""
        found: Json = await self.get(f"/api/workspaces/{name}")
        return found

    async def until(self, name: str, condition: Callable[[Json], Any], what: str, *, within: float = 60) -> Json:
        """Waits until a workspace stands as it should."""
        last: Json = {}

        async def stands() -> bool:
            nonlocal last
            last = await self.workspace(name)
            return bool(condition(last))

        try:
            await eventually(stands, what, within=within)
        except AssertionError as error:
            shown = {key: last.get(key) for key in ("revision", "observed_revision", "error", "failures", "next_at")}
            raise AssertionError(f"{name}: {error} {shown} {last.get('problems')}") from None
        return last

    async def until_at(self, name: str, commit: str) -> Json:
        """Waits until a commit is current and nothing is wrong."""
        return await self.until(
            name, lambda one: one["revision"] == commit and not one.get("error"), f"{commit[:12]} is current"
        )

    async def until_failed(self, name: str, *words: str) -> Json:
        """Waits until the status says these words; checks that it says when it is tried again."""
        found = await self.until(name, lambda one: all(word in (one.get("error") or "") for word in words), str(words))
        assert found["next_at"] is not None
        return found

    async def announce(self, url: str, commit: str | None = None, ref: str = "main") -> Json:
        """Tells of a push as a git host does."""
        body = {"url": url, "ref": ref, **({"commit": commit} if commit else {})}
        headers = {"Authorization": f"Bearer {HOOK_SECRET}"}
        async with self.http.post("/hooks/_source/plain", json=body, headers=headers) as response:
            assert response.status == 202, await response.text()
            found: Json = await response.json()
            return found

    async def releases(self, name: str) -> list[Json]:
        """The releases of a workspace, newest first."""
        found = await self.get(f"/api/workspaces/{name}/releases")
        items: list[Json] = found["items"]
        return items

    async def events(self, name: str) -> list[Json]:
        """The events of a workspace, oldest first."""
        items: list[Json] = (await self.get(f"/api/workspaces/{name}/events", limit=500))["items"]
        return items[::-1]

    async def start(self, name: str, task: str = "speak") -> str:
        """Runs a task; the job's id."""
        found = await self.post(f"/api/workspaces/{name}/tasks/{task}/execute", {"input": {}})
        return str(found["job_id"])

    async def until_ended(self, job_id: str) -> Json:
        """The job when it has ended."""

        async def ended() -> Json | None:
            job: Json = await self.get(f"/api/jobs/{job_id}")
            return job if job["status"] in ("completed", "failed", "cancelled", "skipped") else None

        found = await eventually(ended, f"job {job_id} ends")
        assert found is not None
        return found

    async def logged(self, job_id: str) -> str:
        """What a job has printed, when it has come to a good end."""
        job = await self.until_ended(job_id)
        logs: str = (await self.get(f"/api/jobs/{job_id}/logs"))["logs"]
        assert job["status"] == "completed", logs
        return logs

    async def output_of(self, name: str, task: str = "speak") -> str:
        """What a task prints now."""
        return await self.logged(await self.start(name, task))
