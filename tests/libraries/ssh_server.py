"""A real sshd on loopback, for the user that runs the tests."""

import contextlib
import getpass
import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import attrs


@attrs.frozen(kw_only=True)
class SshServer:
    """Where it listens, the key that it lets in, and the key that it shows."""

    port: int
    key: str
    host_key: str

    def url(self, path: Path) -> str:
        return f"ssh://{getpass.getuser()}@127.0.0.1:{self.port}{path}"

    @property
    def known_hosts(self) -> str:
        return f"[127.0.0.1]:{self.port} {self.host_key}"


def program() -> str | None:
    """The path of sshd, which must be absolute; None when there is none."""
    return shutil.which("sshd", path=f"{os.environ['PATH']}:/usr/sbin")


@contextlib.contextmanager
def ssh_server(folder: Path) -> Iterator[SshServer]:
    """A server that keeps its files in a folder."""
    for name in ("host", "user"):
        command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / name)]
        subprocess.run(command, check=True)
    if os.getuid() == 0:
        Path("/run/sshd").mkdir(exist_ok=True)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    (folder / "config").write_text(
        f"Port {port}\nListenAddress 127.0.0.1\nHostKey {folder}/host\nAuthorizedKeysFile {folder}/user.pub\n"
        "PidFile none\nStrictModes no\nUsePAM no\nPasswordAuthentication no\nPermitRootLogin prohibit-password\n"
    )
    command = [program() or "", "-D", "-e", "-f", str(folder / "config")]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stderr is not None
            said = next(line for line in process.stderr if "listening" in line or "rror" in line)
            assert "listening" in said
            host_key = " ".join((folder / "host.pub").read_text().split()[:2])
            yield SshServer(port=port, key=(folder / "user").read_text(), host_key=host_key)
        finally:
            process.terminate()
