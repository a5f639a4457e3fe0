"""The API of Kubernetes, as far as steps need it."""

import contextlib
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import aiohttp
import orjson

from stroem.interfaces.runner import RunnerFailed
from stroem_kubernetes.attached import PROTOCOL, Attached
from stroem_kubernetes.pull_secret import has_pull_secret

CONNECT_SECS = 10
ANSWER_SECS = 30
IDLE_SECS = 300
"""Seconds without any event after which a watch is begun again; its server ends it before."""

PIECE = 64 * 1024
_OWN_TOKEN = Path("/var/run/secrets/kubernetes.io/serviceaccount/token")
REFUSED_SECS = 10
"""Seconds for which a refusal that may pass is taken for one of a server that starts."""
_TRANSIENT = frozenset({408, 425, 429})


class ClusterAway(Exception):
    """No answer, or a temporary failure. Whether the request took effect is not known."""


class ClusterRefused(Exception):
    """A refusal by the API server, with its status and its reason in one word."""

    def __init__(self, status: int, reason: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.reason = reason

    @property
    def may_pass(self) -> bool:
        """Whether the rights are not enough, which an API server that has just started says of all for a moment."""
        return self.status in (401, 403)


class NotThere(ClusterRefused):
    """There is no such object."""


class Cluster:
    """Sends requests by the official client. Methods raise `ClusterAway` or `ClusterRefused`."""

    def __init__(self, kubeconfig: str | None, context: str | None) -> None:
        """`kubeconfig` is a file; without one it is the pod of the worker, else the file of `KUBECONFIG`."""
        self._kubeconfig = kubeconfig and str(Path(kubeconfig).expanduser())
        self._context = context
        self._client: Any = None

    async def open(self) -> None:
        """Reads the access to the cluster, once. Raises `RunnerFailed`."""
        if self._client is not None:
            return
        from kubernetes.aio import config  # half a second of imports, which only workers with pods need
        from kubernetes.aio.client import ApiClient, Configuration

        configuration = Configuration(connection_pool_maxsize=0)
        configuration.proxy = None
        try:
            if self._kubeconfig is None and self._context is None and _is_in_cluster():
                config.load_incluster_config(client_configuration=configuration)
            else:
                await config.load_kube_config(self._kubeconfig, self._context, client_configuration=configuration)
            self._client = ApiClient(configuration)
        except (config.ConfigException, OSError, ValueError, KeyError, TypeError) as error:
            raise RunnerFailed(f"The access to Kubernetes cannot be read: {error}") from error

    async def close(self) -> None:
        """Closes the connections."""
        if self._client is not None:
            await self._client.close()
            self._client = None

    async def create(self, pod: Mapping[str, Any]) -> None:
        """Makes a pod. One of the same name, which the request before this one has made, is no error."""
        await self._make(_pods(pod["metadata"]["namespace"]), {"fieldValidation": "Strict"}, pod)

    async def create_secret(self, secret: Mapping[str, Any]) -> None:
        """Makes a Secret, as `create` makes a pod."""
        await self._make(_secrets(secret["metadata"]["namespace"]), {}, secret)

    async def claim(self, claim: Mapping[str, Any]) -> dict[str, Any]:
        """The claim of storage of that name, which is made unless it is there."""
        path = _claims(claim["metadata"]["namespace"])
        made = await self._make(path, {"fieldValidation": "Strict"}, claim)
        return made or await self._json("GET", f"{path}/{claim['metadata']['name']}", {})

    async def annotate_claim(self, namespace: str, name: str, annotations: Mapping[str, str]) -> None:
        """Adds annotations to a claim of storage."""
        body = {"metadata": {"annotations": dict(annotations)}}
        await self._json("PATCH", f"{_claims(namespace)}/{name}", {}, body, kind="application/merge-patch+json")

    async def claims(self, namespace: str, selector: str) -> dict[str, Any]:
        """The list of claims of storage with these labels."""
        return await self._json("GET", _claims(namespace), {"labelSelector": selector})

    async def delete_claim(self, namespace: str, name: str) -> None:
        """Deletes a claim of storage. Raises `NotThere`."""
        await self._json("DELETE", f"{_claims(namespace)}/{name}", {})

    async def delete(self, pod: Mapping[str, Any], grace_secs: int) -> None:
        """Deletes a pod, whose processes have the time to end, and its Secret. What is not there is no error."""
        namespace, name = pod["metadata"]["namespace"], pod["metadata"]["name"]
        body = {"apiVersion": "v1", "kind": "DeleteOptions", "gracePeriodSeconds": grace_secs}
        if has_pull_secret(pod):
            with contextlib.suppress(NotThere):
                await self._json("DELETE", f"{_secrets(namespace)}/{name}", {})
        with contextlib.suppress(NotThere):
            await self._json("DELETE", f"{_pods(namespace)}/{name}", {}, body)

    async def patch_pod(self, namespace: str, name: str, patch: Mapping[str, Any]) -> dict[str, Any]:
        """Changes a pod; its new state. Raises `NotThere`."""
        path = f"{_pods(namespace)}/{name}"
        return await self._json("PATCH", path, {}, patch, kind="application/merge-patch+json")

    async def delete_unchanged(self, pod: Mapping[str, Any]) -> None:
        """Deletes a pod that is still as it was then."""
        metadata = pod["metadata"]
        unchanged = {"uid": metadata["uid"], "resourceVersion": metadata["resourceVersion"]}
        body = {"apiVersion": "v1", "kind": "DeleteOptions", "gracePeriodSeconds": 1, "preconditions": unchanged}
        await self._json("DELETE", f"{_pods(metadata['namespace'])}/{metadata['name']}", {}, body)

    @contextlib.asynccontextmanager
    async def attach(self, namespace: str, name: str, container: str) -> AsyncIterator[Attached]:
        """The streams of a container that runs."""
        if self._client is None:
            raise ClusterAway("the runner is not connected")
        query = {"container": container, "stdin": "true", "stdout": "true", "stderr": "true"}
        _, url, headers, *_ = await self._client.param_serialize(
            "GET",
            f"{_pods(namespace)}/{name}/attach",
            query_params=list(query.items()),
            auth_settings=["BearerToken"],
        )
        session: aiohttp.ClientSession = self._client.rest_client.pool_manager
        try:
            async with session.ws_connect(url, headers=headers, protocols=(PROTOCOL,), max_msg_size=0) as socket:
                yield Attached(socket)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise ClusterAway(str(error) or "no answer") from error

    async def pods(self, namespace: str, selector: str, limit: int | None = None) -> dict[str, Any]:
        """The list of pods with these labels."""
        query = {"labelSelector": selector, **({"limit": str(limit)} if limit else {})}
        return await self._json("GET", _pods(namespace), query)

    async def watch(self, namespace: str, selector: str, version: str) -> AsyncGenerator[dict[str, Any]]:
        """Events of such pods since a version of their list. Ends when the server ends it."""
        query = {
            "watch": "true",
            "labelSelector": selector,
            "resourceVersion": version,
            "allowWatchBookmarks": "true",
            "timeoutSeconds": str(IDLE_SECS - 20),
        }
        async with self._open("GET", _pods(namespace), query, read_secs=IDLE_SECS) as response:
            rest = b""
            async for data in response.content.iter_any():
                *lines, rest = (rest + data).split(b"\n")
                for line in filter(None, lines):
                    yield orjson.loads(line)

    async def log(
        self, namespace: str, name: str, container: str, *, since: str | None, follow: bool, stream: str | None
    ) -> AsyncGenerator[bytes]:
        """The log of a container with timestamps; `stream` is `Stdout` or `Stderr`, None for both as they came."""
        query = {"container": container, "timestamps": "true"}
        query |= {"follow": "true"} if follow else {}
        query |= {"sinceTime": since} if since else {}
        query |= {"stream": stream} if stream else {}
        async with self._open("GET", f"{_pods(namespace)}/{name}/log", query, read_secs=None) as response:
            async for data in response.content.iter_chunked(PIECE):
                yield data

    async def _make(self, path: str, query: Mapping[str, str], document: Mapping[str, Any]) -> dict[str, Any] | None:
        """Makes an object; None if there is one of its name already."""
        try:
            return await self._json("POST", path, query, document)
        except ClusterRefused as refused:
            if refused.reason != "AlreadyExists":
                raise
        return None

    async def _json(
        self,
        method: str,
        path: str,
        query: Mapping[str, str],
        body: Mapping[str, Any] | None = None,
        *,
        kind: str = "application/json",
    ) -> dict[str, Any]:
        async with self._open(method, path, query, body, kind=kind, total_secs=ANSWER_SECS) as response:
            found: dict[str, Any] = orjson.loads(await response.read())
            return found

    @contextlib.asynccontextmanager
    async def _open(
        self,
        method: str,
        path: str,
        query: Mapping[str, str],
        body: Mapping[str, Any] | None = None,
        *,
        kind: str = "application/json",
        total_secs: float | None = None,
        read_secs: float | None = None,
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        if self._client is None:
            raise ClusterAway("the runner is not connected")
        timeout = aiohttp.ClientTimeout(total=total_secs, sock_connect=CONNECT_SECS, sock_read=read_secs)
        response: aiohttp.ClientResponse | None = None
        try:
            answer = await self._client.call_api(
                *await self._client.param_serialize(
                    method,
                    path,
                    query_params=list(query.items()),
                    header_params={"Accept": "application/json, */*", "Content-Type": kind},
                    body=body,
                    auth_settings=["BearerToken"],
                ),
                _request_timeout=timeout,
            )
            response = answer.response
            if response.status >= 300:
                raise _failure(response.status, await response.read())
            yield response
        except (aiohttp.ClientError, TimeoutError, OSError, orjson.JSONDecodeError) as error:
            raise ClusterAway(str(error) or f"no answer within {ANSWER_SECS} s") from error
        finally:
            if response is not None:
                response.close()


def _failure(status: int, body: bytes) -> Exception:
    try:
        document = orjson.loads(body)
        message, reason = str(document["message"]), str(document.get("reason", ""))
    except (orjson.JSONDecodeError, KeyError, TypeError):
        message, reason = body[:300].decode("utf-8", "replace").strip() or f"status {status}", ""
    if status >= 500 or status in _TRANSIENT:
        return ClusterAway(message)
    return (NotThere if status == 404 else ClusterRefused)(status, reason, message)


def _pods(namespace: str) -> str:
    return f"/api/v1/namespaces/{namespace}/pods"


def _secrets(namespace: str) -> str:
    return f"/api/v1/namespaces/{namespace}/secrets"


def _claims(namespace: str) -> str:
    return f"/api/v1/namespaces/{namespace}/persistentvolumeclaims"


def _is_in_cluster() -> bool:
    return _OWN_TOKEN.exists()
