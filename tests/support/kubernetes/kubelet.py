"""A small kubelet and scheduler: python -m tests.support.kubernetes.kubelet URL CA TOKEN FOLDER CERTIFICATE PORT.

Runs the pods of one node as real processes, writes their statuses, and serves their logs over HTTPS as a kubelet does.
"""

import asyncio
import contextlib
import datetime
import signal
import ssl
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from aiohttp import web

from tests.support.kubernetes.api import Api
from tests.support.kubernetes.attached import attached
from tests.support.kubernetes.container_process import ContainerProcess
from tests.support.kubernetes.pod_worker import PodWorker

NODE = "node-1"
LABELS = {"disk": "ssd", "kubernetes.io/hostname": NODE}


class Kubelet:
    """The pods of the node by their uid."""

    def __init__(self, api: Api, folder: Path) -> None:
        self._api = api
        self._folder = folder
        self._workers: dict[str, PodWorker] = {}
        self._ended: set[str] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def running(self) -> frozenset[str]:
        """The uids of pods that are not over."""
        return frozenset(self._workers)

    async def register(self, port: int) -> None:
        """Makes the node, at whose address the API server finds this kubelet."""
        node = {"metadata": {"name": NODE, "labels": LABELS}}
        await self._api.post("/api/v1/nodes", {"apiVersion": "v1", "kind": "Node", **node})
        status = {
            "addresses": [{"type": "InternalIP", "address": "127.0.0.1"}],
            "daemonEndpoints": {"kubeletEndpoint": {"Port": port}},
            "conditions": [{"type": "Ready", "status": "True", "reason": "KubeletReady"}],
        }
        await self._api.patch(f"/api/v1/nodes/{NODE}/status", {"status": status})

    async def follow(self) -> None:
        """Follows all pods until it is cancelled."""
        while True:
            found = await self._api.get("/api/v1/pods")
            for pod in found["items"]:
                self._take(pod)
            there = {pod["metadata"]["uid"] for pod in found["items"]}
            for uid in set(self._workers) - there:
                self._workers[uid].remove()
            async for event in self._api.watch("/api/v1/pods", found["metadata"]["resourceVersion"]):
                if event["type"] in ("ADDED", "MODIFIED"):
                    self._take(event["object"])
                elif event["type"] == "DELETED":
                    self._remove(event["object"]["metadata"]["uid"])
                elif event["type"] == "ERROR":
                    break

    def kill(self) -> None:
        """Ends all pods."""
        for worker in self._workers.values():
            worker.kill()

    def _take(self, pod: Mapping[str, Any]) -> None:
        """Takes a state of a pod. That of a pod which is over comes late: no pod runs a second time."""
        uid = pod["metadata"]["uid"]
        if uid in self._ended:
            return
        if uid in self._workers:
            self._workers[uid].update(pod)
        elif "nodeName" not in pod["spec"]:
            self._begin(self._schedule(pod))
        else:
            worker = self._workers[uid] = PodWorker(self._api, pod, self._folder)
            worker.update(pod)
            self._begin(self._run(uid, worker))

    def _remove(self, uid: str) -> None:
        if uid in self._workers:
            self._workers[uid].remove()

    async def _run(self, uid: str, worker: PodWorker) -> None:
        try:
            await worker.run()
        finally:
            del self._workers[uid]
            self._ended.add(uid)

    async def _schedule(self, pod: Mapping[str, Any]) -> None:
        metadata = pod["metadata"]
        path = f"/api/v1/namespaces/{metadata['namespace']}/pods/{metadata['name']}"
        if (pod["spec"].get("nodeSelector") or {}).items() <= LABELS.items():
            binding = {"apiVersion": "v1", "kind": "Binding", "metadata": {"name": metadata["name"]}}
            target = {"apiVersion": "v1", "kind": "Node", "name": NODE}
            await self._api.post(f"{path}/binding", {**binding, "target": target})
            return
        message = "0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector."
        condition = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": message}
        if not (pod["status"].get("conditions") or ()):
            with contextlib.suppress(LookupError):
                await self._api.patch(f"{path}/status", {"status": {"conditions": [condition]}})

    def _begin(self, work: Any) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def log(self, request: web.Request) -> web.StreamResponse:
        """The log of a container, as the API server asks for it."""
        process = self._process(request)
        query = request.query
        response = web.StreamResponse(headers={"Content-Type": "text/plain"})
        response.enable_chunked_encoding()
        await response.prepare(request)
        since = query.get("sinceTime")
        with contextlib.suppress(ConnectionError):
            async for piece in process.log.read(
                since=int(datetime.datetime.fromisoformat(since).timestamp()) * 10**9 if since else 0,
                stream=query.get("stream", "All"),
                stamps=query.get("timestamps") == "true",
                follow=query.get("follow") == "true",
            ):
                await response.write(piece)
            await response.write_eof()
        return response

    async def attach(self, request: web.Request) -> web.StreamResponse:
        """The streams of a container, as the API server asks for them."""
        process = self._process(request)
        await process.started()
        return await attached(request, process)

    def _process(self, request: web.Request) -> ContainerProcess:
        wanted = request.match_info
        for worker in self._workers.values():
            metadata = worker.pod["metadata"]
            if (metadata["namespace"], metadata["name"]) == (wanted["namespace"], wanted["pod"]):
                break
        else:
            raise web.HTTPNotFound(text="pod not found")
        process = worker.processes.get(wanted["container"])
        if process is None:
            raise web.HTTPBadRequest(text=f"container {wanted['container']} is waiting to start")
        return process


async def main() -> None:
    """Runs until TERM."""
    url, ca, token, folder, certificate, port = sys.argv[1:]
    api = Api(url, ca, token)
    kubelet = Kubelet(api, Path(folder))
    app = web.Application()
    app.router.add_get("/containerLogs/{namespace}/{pod}/{container}", kubelet.log)
    app.router.add_get("/attach/{namespace}/{pod}/{container}", kubelet.attach)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate)
    await web.TCPSite(runner, "127.0.0.1", int(port), ssl_context=tls).start()
    await kubelet.register(int(port))
    following = asyncio.create_task(kubelet.follow())
    ended = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ended.set)
    print("ready", flush=True)
    await asyncio.wait({following, asyncio.create_task(ended.wait())}, return_when=asyncio.FIRST_COMPLETED)
    kubelet.kill()
    if following.done():
        following.result()


if __name__ == "__main__":
    asyncio.run(main())
