"""A cluster of the tests' own: etcd, kube-apiserver with RBAC, and a small kubelet. Nothing is pulled."""

import contextlib
import json
import os
import shutil
import ssl
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

import pytest
import yaml

from tests.support.docker_engine import needed
from tests.support.git.certificates import Authority
from tests.support.programs import free_port

ROOT = Path(__file__).resolve().parents[3]
IMAGE = "stroem-test/tools:1"
CURL = "stroem-test/curl:1"
ADMIN, WORKER = "admin-of-the-tests", "worker-of-the-tests"
NAMESPACE = "steps"
START_SECS = 90


def api_server_path() -> Path:
    """The path that kube-apiserver has when it was built."""
    version = (ROOT / "deploy" / "kubernetes-tools.sh").read_text().split("version=", 1)[1].split("\n", 1)[0]
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return cache / "stroem-tools" / f"kubernetes-{version}" / "kube-apiserver"


def api_server_program() -> str:
    """The path of kube-apiserver. Skips the test where it was not built; in CI it fails."""
    program = api_server_path()
    if program.exists():
        return str(program)
    message = "needs kube-apiserver: run deploy/kubernetes-tools.sh, which builds it in minutes"
    if os.environ.get("CI"):
        pytest.fail(message)
    pytest.skip(message)


class TestCluster:
    """A cluster whose folder has all of its data."""

    __test__ = False

    def __init__(self, folder: Path) -> None:
        self._etcd, *_ = needed("etcd", "unshare", "setpriv", "curl", "openssl")
        self._program = api_server_program()
        self._folder = folder
        self._ports = {name: free_port() for name in ("api", "etcd", "peer", "kubelet")}
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self.url = f"https://127.0.0.1:{self._ports['api']}"
        authority = Authority.create(folder)
        self.ca = authority.bundle
        before = set(folder.glob("server-*.pem"))
        authority.server(folder)
        (self._pair,) = set(folder.glob("server-*.pem")) - before

    def start(self) -> None:
        """Starts everything, and waits until pods can run."""
        folder = self._folder
        (folder / "tokens.csv").write_text(
            f'{ADMIN},admin,1,"system:masters"\n{WORKER},system:serviceaccount:stroem:stroem-worker,2\n'
        )
        subprocess.run(
            ["openssl", "genrsa", "-out", str(folder / "accounts.pem"), "2048"], check=True, capture_output=True
        )
        client, peer = (f"http://127.0.0.1:{self._ports[name]}" for name in ("etcd", "peer"))
        self._begin(
            "etcd",
            [
                *[self._etcd, "--data-dir", f"{folder}/etcd", "--initial-cluster", f"default={peer}"],
                *["--listen-client-urls", client, "--advertise-client-urls", client],
                *["--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer],
            ],
        )
        self.start_api_server()
        for name in (NAMESPACE, "stroem"):
            self.add_namespace(name)
        kubelet = [self.url, str(self.ca), ADMIN, f"{folder}/pods", str(self._pair), str(self._ports["kubelet"])]
        process = self._begin(
            "kubelet", [sys.executable, "-m", "tests.support.kubernetes.kubelet", *kubelet], stdout=subprocess.PIPE
        )
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n", self.log("kubelet")

    def start_api_server(self) -> None:
        """Starts the API server, and waits until it is ready."""
        folder = self._folder
        self._begin(
            "api",
            [
                self._program,
                f"--etcd-servers=http://127.0.0.1:{self._ports['etcd']}",
                f"--secure-port={self._ports['api']}",
                "--bind-address=127.0.0.1",
                f"--tls-cert-file={self._pair}",
                f"--tls-private-key-file={self._pair}",
                f"--token-auth-file={folder}/tokens.csv",
                "--authorization-mode=RBAC",
                "--service-cluster-ip-range=10.0.0.0/24",
                "--allow-privileged=true",
                "--service-account-issuer=https://stroem.invalid",
                f"--service-account-key-file={folder}/accounts.pem",
                f"--service-account-signing-key-file={folder}/accounts.pem",
                "--endpoint-reconciler-type=none",
                "--kubelet-preferred-address-types=InternalIP",
                "--feature-gates=PodLogsQuerySplitStreams=true",
                f"--cert-dir={folder}/certificates",
            ],
        )
        until = time.monotonic() + START_SECS
        while time.monotonic() < until:
            with contextlib.suppress(OSError):
                self._send("GET", "/readyz")
                return
            if self._processes["api"].poll() is not None:
                break
            time.sleep(0.1)  # nobody tells when it is ready
        pytest.fail(f"kube-apiserver did not start: {self.log('api')}")

    def stop_api_server(self) -> None:
        """Kills the API server, which would otherwise wait for a minute for logs that are followed."""
        process = self._processes.pop("api")
        process.kill()
        process.wait()

    def end(self) -> None:
        """Ends everything, pods first."""
        for name in ("kubelet", "api", "etcd"):
            if (process := self._processes.pop(name, None)) is None:
                continue
            process.terminate() if name == "kubelet" else process.kill()
            process.wait()
            if process.stdout is not None:
                process.stdout.close()

    def add_namespace(self, name: str, labels: Mapping[str, str] | None = None) -> None:
        """Makes a namespace with its default account, which a controller would make."""
        self.create("/api/v1/namespaces", {"kind": "Namespace", "metadata": {"name": name, "labels": labels}})
        account = {"kind": "ServiceAccount", "metadata": {"name": "default"}}
        self.create(f"/api/v1/namespaces/{name}/serviceaccounts", account)

    def create(self, path: str, body: Mapping[str, Any]) -> Any:
        """Makes an object as the administrator."""
        return self._send("POST", path, {"apiVersion": "v1", **body})

    def apply(self, documents: str) -> None:
        """Applies YAML by kubectl, as an operator does."""
        self.kubectl("apply", "-f", "-", text=documents)

    def kubectl(self, *arguments: str, text: str | None = None, token: str = ADMIN) -> str:
        """Runs kubectl; its output. Skips the test without it."""
        program = shutil.which("kubectl")
        if program is None:
            pytest.skip("needs kubectl")
        command = [program, "--kubeconfig", str(self.kubeconfig(token)), *arguments]
        done = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def kubeconfig(self, token: str = WORKER, namespace: str = NAMESPACE) -> Path:
        """A file with which the holder of a token reaches the cluster."""
        file = self._folder / f"kubeconfig-{token}-{namespace}"
        document = {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "here",
            "clusters": [{"name": "tests", "cluster": {"server": self.url, "certificate-authority": str(self.ca)}}],
            "users": [{"name": "holder", "user": {"token": token}}],
            "contexts": [{"name": "here", "context": {"cluster": "tests", "user": "holder", "namespace": namespace}}],
        }
        file.write_text(yaml.safe_dump(document))
        return file

    def pods(self, namespace: str = NAMESPACE) -> list[Any]:
        """All pods of a namespace."""
        found: list[Any] = self._send("GET", f"/api/v1/namespaces/{namespace}/pods")["items"]
        return found

    def secrets(self, namespace: str = NAMESPACE) -> list[Any]:
        """All Secrets of a namespace."""
        found: list[Any] = self._send("GET", f"/api/v1/namespaces/{namespace}/secrets")["items"]
        return found

    def claims(self, namespace: str = NAMESPACE) -> list[Any]:
        """All claims of storage of a namespace."""
        found: list[Any] = self._send("GET", f"/api/v1/namespaces/{namespace}/persistentvolumeclaims")["items"]
        return found

    def end_claims(self, namespace: str = NAMESPACE) -> None:
        """Removes all claims of storage at once, as the controllers do once no pod uses them."""
        for claim in self.claims(namespace):
            path = f"/api/v1/namespaces/{namespace}/persistentvolumeclaims/{claim['metadata']['name']}"
            self._send("PATCH", path, {"metadata": {"finalizers": None}})
            if not claim["metadata"].get("deletionTimestamp"):
                self._send("DELETE", path)

    def annotate(self, pod: str, annotations: Mapping[str, str], namespace: str = NAMESPACE) -> None:
        """Sets annotations of a pod."""
        body = {"metadata": {"annotations": annotations}}
        self._send("PATCH", f"/api/v1/namespaces/{namespace}/pods/{pod}", body)

    def delete(self, pod: str, namespace: str = NAMESPACE, grace_secs: int = 0) -> None:
        """Deletes a pod as the administrator."""
        self._send("DELETE", f"/api/v1/namespaces/{namespace}/pods/{pod}", {"gracePeriodSeconds": grace_secs})

    def volume(self, pod: Mapping[str, Any], name: str) -> Path:
        """The folder of a pod's volume, on this machine."""
        return self._folder / "pods" / pod["metadata"]["uid"] / "volumes" / name

    def log(self, name: str) -> str:
        """The last lines that a part of the cluster has logged."""
        return (self._folder / f"{name}.log").read_text()[-3000:]

    def _begin(
        self, name: str, command: Sequence[str], stdout: int | IO[bytes] | None = None
    ) -> "subprocess.Popen[bytes]":
        with (self._folder / f"{name}.log").open("ab") as log:
            process = subprocess.Popen(command, stdout=stdout or log, stderr=log, cwd=ROOT)
        self._processes[name] = process
        return process

    def _send(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        kind = "application/merge-patch+json" if method == "PATCH" else "application/json"
        headers = {"Authorization": f"Bearer {ADMIN}", "Content-Type": kind}
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, headers, method=method)
        context = ssl.create_default_context(cafile=str(self.ca))
        try:
            with urllib.request.urlopen(request, timeout=30, context=context) as response:
                text = response.read()
        except urllib.error.HTTPError as error:
            with error:
                raise OSError(f"{method} {path}: {error.code} {error.read().decode()}") from None
        return None if text == b"ok" else json.loads(text)


@contextlib.contextmanager
def running_cluster() -> Iterator[TestCluster]:
    """A cluster that runs."""
    with tempfile.TemporaryDirectory(prefix="cluster-", ignore_cleanup_errors=True) as folder:
        cluster = TestCluster(Path(folder))
        try:
            cluster.start()
            yield cluster
        finally:
            cluster.end()
