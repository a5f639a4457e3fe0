"""A registry with TLS and a password, at an address that engines do not take for their own machine."""

import contextlib
import os
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Self

import pytest
import yaml

from tests.support.docker_engine import needed
from tests.support.git.certificates import Authority
from tests.support.programs import free_port

USER, PASSWORD = "robot", "open-sesame-7"
_HASH = "$2b$05$abcdefghijklmnopqrstuuYhafDARXY0KToV89BBvM5ig95pRHC2G"
START_SECS = 30


class Registry:
    """Debian's docker-registry. Engines check its certificate only when its address is not of 127.0.0.0/8."""

    def __init__(self, folder: Path) -> None:
        self._program, self._ip = needed("docker-registry", "ip")
        self._folder = folder
        self._host = f"192.0.2.{1 + os.getpid() % 250}"
        self.address = f"{self._host}:{free_port()}"
        self.authority = Authority.create(folder)
        self.authority.server(folder, address=self._host)
        (self._pair,) = folder.glob("server-*.pem")
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self._address("add")
        (self._folder / "users").write_text(f"{USER}:{_HASH}\n")
        settings = {
            "version": 0.1,
            "storage": {"filesystem": {"rootdirectory": f"{self._folder}/data"}},
            "http": {"addr": self.address, "tls": {"certificate": str(self._pair), "key": str(self._pair)}},
            "auth": {"htpasswd": {"realm": "tests", "path": f"{self._folder}/users"}},
        }
        (self._folder / "settings.yaml").write_text(yaml.safe_dump(settings))
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        self._address("del")

    def start(self) -> None:
        """Starts it, and waits until it takes connections."""
        with Path(self._folder, "log").open("ab") as log:
            command = [self._program, "serve", f"{self._folder}/settings.yaml"]
            self._process = subprocess.Popen(command, stdout=log, stderr=log)
        host, _, port = self.address.partition(":")
        for _ in range(START_SECS * 20):
            with contextlib.suppress(OSError), socket.create_connection((host, int(port)), timeout=1):
                return
            if self._process.poll() is not None:
                break
            time.sleep(0.05)  # nobody tells when it listens
        pytest.fail(f"docker-registry did not start: {self.log()[-2000:]}")

    def stop(self) -> None:
        """Ends it."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait()

    def log(self) -> str:
        """All that it has logged."""
        return (self._folder / "log").read_text()

    def _address(self, verb: str) -> None:
        subprocess.run([self._ip, "address", verb, f"{self._host}/32", "dev", "lo"], check=verb == "add")


@contextlib.contextmanager
def registry(folder: Path) -> Iterator[Registry]:
    """A registry that runs."""
    with Registry(folder) as running:
        yield running
