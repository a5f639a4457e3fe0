"""Programs of Strøm in processes of their own."""

import contextlib
import json
import os
import secrets
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import IO

STROEM = (sys.executable, "-m", "stroem.cli.main")
PATIENCE_SECS = 60


def environment(**more: str) -> dict[str, str]:
    """The environment of a program: that of the tests without settings of Strøm, and `more`."""
    return {**{name: value for name, value in os.environ.items() if not name.startswith("STROEM")}, **more}


def free_port() -> int:
    """A port of loopback on which nothing listens; none of those that the system gives to clients."""
    while True:
        port = secrets.randbelow(12_000) + 20_000
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


class Program:
    """A long-running program and the first line that it prints, which says that it is ready.

    Raises `AssertionError` when it ends, or stays silent, before that.
    """

    def __init__(
        self,
        *arguments: str,
        env: dict[str, str],
        cwd: Path,
        log: IO[bytes] | None = None,
        program: Sequence[str | Path] = STROEM,
        patience: float = PATIENCE_SECS,
    ) -> None:
        """Its stderr goes into `log`, or to that of the tests. Its first line comes within `patience` seconds."""
        command = [*program, *arguments]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, bufsize=0, env=env, cwd=cwd)
        try:
            self.ready = self.line(patience)
        except AssertionError:
            self.process.kill()
            self.stop()
            raise

    def line(self, patience: float = PATIENCE_SECS) -> str:
        """The next line of its output."""
        assert self.process.stdout is not None
        readable, _, _ = select.select([self.process.stdout], [], [], patience)
        printed: str = self.process.stdout.readline().decode() if readable else ""
        assert printed, f"{self.process.args} printed nothing"
        return printed

    @property
    def address(self) -> str:
        """The address of the server that `stroem up --json` started."""
        address: str = json.loads(self.ready)["address"]
        return address

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Ends it as an operator does; returns its exit code."""
        self.process.send_signal(number)
        try:
            return self.process.wait(PATIENCE_SECS)
        finally:
            self.process.kill()
            assert self.process.stdout is not None
            self.process.stdout.close()
