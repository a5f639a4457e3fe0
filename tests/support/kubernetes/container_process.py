"""Containers of the tests' kubelet: real processes with namespaces of their own for mounts and processes."""

import asyncio
import contextlib
import os
import re
import shlex
import signal
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.support.kubernetes.container_log import ContainerLog

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
HOST_FOLDERS = ("bin", "sbin", "lib", "lib64", "usr", "etc", "dev")
IMAGE_USERS = {"stroem-test/curl:1": 100, "stroem-test/user:1": 1234}
MEMORY = Path("/sys/fs/cgroup/memory")
_UNITS = {"": 1, "k": 1000, "M": 1000**2, "G": 1000**3, "Ki": 1024, "Mi": 1024**2, "Gi": 1024**3}


class ContainerProcess:
    """A container that runs. Its files are those of this machine, read-only unless they lie in volumes."""

    def __init__(
        self, spec: Mapping[str, Any], pod: Mapping[str, Any], volumes: Mapping[str, Path], folder: Path
    ) -> None:
        self._spec = spec
        self._pod = pod
        self._volumes = volumes
        self._folder = folder
        self._message = folder / "message"
        self.log = ContainerLog()
        self._process: asyncio.subprocess.Process | None = None
        self._cgroup: Path | None = None
        self.was_oom = False

    async def run(self) -> int:
        """Runs to the end of its main process, with which all others end."""
        self._folder.mkdir(parents=True)
        self._message.touch()
        self._message.chmod(0o666)
        self._cgroup = self._limit_memory()
        setup = self._folder / "setup.sh"
        setup.write_text(self._setup())
        self._process = process = await asyncio.create_subprocess_exec(
            *["unshare", "--mount", "/bin/sh", str(setup)],
            env=self.environment(),
            stdin=asyncio.subprocess.PIPE if self._spec.get("stdin") else asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            start_new_session=True,
        )
        assert process.stdout is not None
        assert process.stderr is not None
        await asyncio.gather(
            self.log.take("stdout", process.stdout), self.log.take("stderr", process.stderr), self._reaped(process)
        )
        code = process.returncode or 0
        if self._cgroup is not None:
            self.was_oom = bool(re.search(r"oom_kill [1-9]", (self._cgroup / "memory.oom_control").read_text()))
            with contextlib.suppress(OSError):
                self._cgroup.rmdir()
        self.log.end()
        return 128 - code if code < 0 else code

    def signal(self, number: int) -> None:
        """Sends a signal to the main process."""
        if self._process is None or self._process.returncode is not None:
            return
        with contextlib.suppress(OSError, ValueError):
            os.kill(self._main_pid() or self._process.pid, number)

    def _main_pid(self) -> int | None:
        """The first process of the container."""
        if self._process is None:
            return None
        pid = self._process.pid
        with contextlib.suppress(OSError):
            child = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
            return int(child[0]) if child else None
        return None

    async def started(self) -> int | None:
        """The first process, once it is in the container; None if that has ended before."""
        while (pid := self._main_pid()) is None or not self._is_inside(pid):
            if self.log.is_over:
                return None
            await asyncio.sleep(0.005)  # no event tells it
        return pid

    async def execute(self, command: Sequence[str]) -> int:
        """Runs a command in the container, beside its main process; the exit code."""
        pid = await self.started()
        process = await asyncio.create_subprocess_exec(
            *["nsenter", "--target", str(pid or 0), "--mount", "--pid", "--root", "--wd", "--"],
            *["setpriv", *self._rights(self._security), *command],
            env=self.environment(),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        return await process.wait()

    def _is_inside(self, pid: int) -> bool:
        with contextlib.suppress(OSError):
            return Path(f"/proc/{pid}/root").readlink() != Path("/")
        return False

    async def give(self, data: bytes) -> None:
        """Writes to the container's standard input."""
        assert self._process is not None
        assert self._process.stdin is not None
        with contextlib.suppress(ConnectionError):
            self._process.stdin.write(data)
            await self._process.stdin.drain()

    def detached(self) -> None:
        """Ends the input of a container that has it only once."""
        if self._spec.get("stdinOnce") and self._process is not None and self._process.stdin is not None:
            self._process.stdin.close()

    def message(self) -> str:
        """What the container has written into its file for a message."""
        with contextlib.suppress(OSError):
            return self._message.read_text()[:4096]
        return ""

    def kill(self) -> None:
        """Ends all processes."""
        self.signal(signal.SIGKILL)

    def environment(self) -> dict[str, str]:
        """The variables of the container; later ones may name earlier ones."""
        env = {
            "PATH": PATH,
            "HOME": "/root",
            "HOSTNAME": self._pod["metadata"]["name"],
            "KUBERNETES_SERVICE_HOST": "10.0.0.1",
            "KUBERNETES_SERVICE_PORT": "443",
        }
        for entry in self._spec.get("env") or ():
            env[entry["name"]] = expand(entry.get("value") or "", env)
        return env

    async def _reaped(self, process: asyncio.subprocess.Process) -> None:
        await process.wait()

    def _command(self) -> Sequence[str]:
        env = self.environment()
        words = [*(self._spec.get("command") or ["/bin/echo", "entrypoint"]), *(self._spec.get("args") or ())]
        return [expand(word, env) for word in words]

    def _setup(self) -> str:
        root = self._folder / "root"
        security = self._security
        lines = [f"mkdir {root}", f"mount -t tmpfs container {root}", f"mkdir -p {root}/proc {root}/root {root}/run"]
        if self._cgroup is not None:
            lines.append(f"echo 0 >{self._cgroup}/cgroup.procs")
        for folder in HOST_FOLDERS:
            if Path("/", folder).is_dir():
                lines += [f"mkdir {root}/{folder}", f"mount --rbind /{folder} {root}/{folder}"]
        for mount in self._spec.get("volumeMounts") or ():
            target = f"{root}{mount['mountPath']}"
            lines += [f"mkdir -p {target}", f"mount --rbind {self._volumes[mount['name']]} {target}"]
            if mount.get("readOnly"):
                lines.append(f"mount -o remount,ro,bind {target}")
        if path := self._spec.get("terminationMessagePath", "").removeprefix("/dev/termination-log"):
            lines += [f"touch {root}{path}", f"mount --bind {self._message} {root}{path}"]
        lines.append(f"mkdir -p {root}{self._workdir}")
        if security.get("readOnlyRootFilesystem"):
            lines.append(f"mount -o remount,ro {root}")
        inner = [
            "chroot", str(root), "setpriv", *self._rights(security), "/bin/sh", "-c", 'cd "$0" && exec "$@"',
            self._workdir, *self._command(),
        ]  # fmt: skip
        first = self._folder / "first.sh"  # the first process of the container
        first.write_text(f"set -e\nmount -t proc proc {root}/proc\nexec {shlex.join(inner)}\n")
        lines += ["exec 3>&2 2>/dev/null", f"exec unshare --pid /bin/sh -c '/bin/sh {first} 2>&3 3>&-; exit $?'"]
        return "set -e\n" + "\n".join(lines) + "\n"

    @property
    def _security(self) -> dict[str, Any]:
        return {**(self._pod["spec"].get("securityContext") or {}), **(self._spec.get("securityContext") or {})}

    @property
    def _workdir(self) -> str:
        return str(self._spec.get("workingDir") or "/")

    def _rights(self, security: Mapping[str, Any]) -> list[str]:
        user = security.get("runAsUser", IMAGE_USERS.get(self._spec["image"], 0))
        group = security.get("runAsGroup", user)
        rights = [f"--reuid={user}", f"--regid={group}", "--clear-groups"]
        capabilities = security.get("capabilities") or {}
        if "ALL" in (capabilities.get("drop") or ()) and not security.get("privileged"):
            kept = "".join(f",+{name.lower()}" for name in capabilities.get("add") or ())
            rights += [f"--bounding-set=-all{kept}", f"--inh-caps=-all{kept}"]
        return [*rights, *(["--no-new-privs"] if security.get("allowPrivilegeEscalation") is False else [])]

    def _limit_memory(self) -> Path | None:
        limit = ((self._spec.get("resources") or {}).get("limits") or {}).get("memory")
        if limit is None or not MEMORY.is_dir():
            return None
        cgroup = MEMORY / f"stroem-test-{self._pod['metadata']['uid']}-{self._spec['name']}"
        cgroup.mkdir()
        (cgroup / "memory.limit_in_bytes").write_text(str(_bytes(limit)))
        return cgroup


def expand(text: str, env: Mapping[str, str]) -> str:
    """A text with `$(NAME)` replaced and `$$` as `$`, as Kubernetes does it."""

    def value(match: "re.Match[str]") -> str:
        if match[0] == "$$":
            return "$"
        return env.get(match[1], match[0])

    return re.sub(r"\$\$|\$\(([^)]*)\)", value, text)


def _bytes(quantity: str) -> int:
    found = re.fullmatch(r"(\d+)([A-Za-z]*)", quantity)
    assert found is not None
    return int(found[1]) * _UNITS[found[2]]
