"""A Docker Engine of the tests' own, with an image made from busybox; nothing is pulled."""

import contextlib
import io
import os
import shutil
import signal
import socket
import subprocess
import tarfile
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import docker
import pytest

IMAGE = "stroem-test/busybox:1"
START_SECS = 60
FOLDERS = (("tmp", 0o1777), ("etc", 0o755), ("proc", 0o755), ("root", 0o700), ("home", 0o755))
USERS = {"passwd": "root:x:0:0::/root:/bin/sh\nann:x:1234:1234::/home:/bin/sh\n", "group": "root:x:0:\nann:x:1234:\n"}


def needed(*programs: str) -> list[str]:
    """The paths of programs. Skips the test without them or without root; in CI it fails."""
    path = f"{os.environ['PATH']}:/usr/sbin"
    found = [shutil.which(program, path=path) for program in programs]
    if os.geteuid() == 0 and all(found):
        return [program for program in found if program]
    message = f"needs root and {', '.join(programs)}; see deploy/test-tools.sh"
    if os.environ.get("CI"):
        pytest.fail(message)
    pytest.skip(message)


class DockerEngine:
    """A daemon without a network, whose containers are all its own. Its folder has a short path, as sockets need."""

    def __init__(self, folder: Path, *options: str, env: Mapping[str, str] | None = None) -> None:
        """Skips the test where no daemon can run."""
        self._daemon, self._busybox = needed("dockerd", "busybox")
        self._folder = folder
        self._options = options
        self._env = {**os.environ, **(env or {})}
        self.address = f"unix://{folder}/socket"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Starts the daemon, and waits until it takes connections."""
        folder = self._folder
        places = ["--data-root", f"{folder}/data", "--exec-root", f"{folder}/exec", "--pidfile", f"{folder}/pid"]
        network = ["--bridge", "none", "--iptables=false"]
        with Path(folder, "log").open("ab") as log:
            command = [self._daemon, "--host", self.address, *places, *network, *self._options]
            self._process = subprocess.Popen(command, stdout=log, stderr=log, env=self._env)
        for _ in range(START_SECS * 20):
            with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as connection:
                return connection.connect(str(folder / "socket"))
            if self._process.poll() is not None:
                break
            time.sleep(0.05)  # nobody tells when the daemon listens
        pytest.fail(f"dockerd did not start: {Path(folder, 'log').read_text()[-2000:]}")

    def send(self, number: int) -> None:
        """Sends a signal to the daemon."""
        assert self._process is not None
        self._process.send_signal(number)

    def stop(self, number: int = signal.SIGTERM) -> None:
        """Ends the daemon, and waits for its end."""
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)
        self._process.send_signal(number)
        self._process.wait()
        if number == signal.SIGKILL:  # its containerd is killed with it, and may stay a zombie that seems to run
            Path(self._folder, "exec/containerd/containerd.pid").unlink(missing_ok=True)

    def end(self) -> None:
        """Ends the daemon with all containers, also those of one that was killed."""
        if self._process is None:
            return
        if self._process.poll() is not None:
            self.start()
        self.stop()
        self._unmount()

    def _unmount(self) -> None:
        """Unmounts the folders of the daemon, which leaves its own mounted."""
        mounted = [line.split()[4] for line in Path("/proc/self/mountinfo").read_text().splitlines()]
        for path in sorted(mounted, reverse=True):
            if path.startswith(f"{self._folder}/"):
                subprocess.run(["umount", "--lazy", path], check=False)

    def load_image(self, name: str = IMAGE, config: Sequence[str] = ()) -> None:
        """Makes an image from busybox; `config` are lines of a Dockerfile, such as an entrypoint."""
        repository, _, tag = name.partition(":")
        with self.client() as client:
            client.import_image_from_data(_root_file_system(self._busybox), repository, tag or None, changes=config)

    @contextlib.contextmanager
    def client(self) -> Iterator[Any]:
        """A client of the daemon."""
        with contextlib.closing(docker.APIClient(self.address, version="auto")) as client:
            yield client

    def containers(self) -> list[str]:
        """The names of all containers."""
        with self.client() as client:
            return sorted(one["Names"][0].lstrip("/") for one in client.containers(all=True))


@contextlib.contextmanager
def docker_engine(*options: str, env: Mapping[str, str] | None = None) -> Iterator[DockerEngine]:
    """An engine that runs, with the image."""
    with tempfile.TemporaryDirectory(prefix="engine-", ignore_cleanup_errors=True) as folder:
        engine = DockerEngine(Path(folder), *options, env=env)
        try:
            engine.start()
            engine.load_image()
            yield engine
        finally:
            engine.end()


def _root_file_system(busybox: str) -> bytes:
    made = io.BytesIO()
    names = subprocess.run([busybox, "--list"], check=True, capture_output=True, text=True).stdout.split()
    with tarfile.open(fileobj=made, mode="w") as archive:
        archive.add(busybox, "bin/busybox")
        for name in names:
            if name != "busybox":
                link = tarfile.TarInfo(f"bin/{name}")
                link.type, link.linkname = tarfile.SYMTYPE, "busybox"
                archive.addfile(link)
        for folder, mode in FOLDERS:
            entry = tarfile.TarInfo(folder)
            entry.type, entry.mode = tarfile.DIRTYPE, mode
            archive.addfile(entry)
        for name, text in USERS.items():
            entry = tarfile.TarInfo(f"etc/{name}")
            entry.size = len(text)
            archive.addfile(entry, io.BytesIO(text.encode()))
    return made.getvalue()
